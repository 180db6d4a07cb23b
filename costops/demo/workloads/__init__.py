"""What the demo company's programs call, department by department."""

from typing import Final

from costops.demo.workloads import engineering, operations, product

WORKLOADS: Final = (*engineering.WORKLOADS, *product.WORKLOADS, *operations.WORKLOADS)

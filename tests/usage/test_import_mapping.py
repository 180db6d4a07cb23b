"""Which column is which field: by name, by --map, by --set, by preset; what does not fit is refused with status 2."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tests.usage.importing import TRACE, imports, ledger, made_trace, write
from usage.domain.calls import Call
from usage.domain.importing.cells import PARSERS
from usage.domain.importing.presets import PRESETS
from usage.models import UsageEvent

pytestmark = pytest.mark.django_db
GOOD = "2025-03-01T10:00:00Z,1000"


def event() -> UsageEvent:
    return UsageEvent.objects.select_related("attribution").get()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--map", "input_token=ContextTokens"], "no field 'input_token'. Did you mean input_tokens?"),
        (["--set", "enviroment=prod"], "no field 'enviroment'. Did you mean environment?"),
        (
            ["--map", "input_tokens=ContextToken"],
            "no column 'ContextToken' for input_tokens. Did you mean ContextTokens?",
        ),
        (["--preset", "azure-llm-traces"], "no preset 'azure-llm-traces'. Did you mean azure-llm-trace?"),
        (["--map", "input_tokens"], "write FIELD=VALUE"),
        ([*TRACE, "--set", "service_tier=fast"], "'fast' is no service tier"),
        ([*TRACE, "--map", "model=M", "--set", "model=gpt-4"], "model is both mapped and set"),
        ([*TRACE, "--zone", "Europe/Berlim"], "no time zone 'Europe/Berlim'"),
        (["--map", "occurred_at=TIMESTAMP"], "which column holds tokens or cost"),
        (["--map", "input_tokens=ContextTokens"], "which column holds the time of a call"),
    ],
)
def test_what_does_not_fit_is_refused_with_status_2_and_the_nearest_name(tmp_path, options, told):
    result = imports(made_trace(tmp_path / "trace.csv", 3), *options)
    assert result.exit_code == 2
    assert told in " ".join(re.sub(r"[│╭╮╰╯─]", " ", result.stderr).split())
    assert ledger()[0] == 0


def test_columns_that_are_called_like_fields_are_taken_and_others_named_once(tmp_path):
    path = write(tmp_path / "calls.csv", ["occurred_at,input_tokens,team,latency,region", f"{GOOD},core,3,eu"])
    result = imports(path)
    assert event().attribution.team == "core"
    assert result.stdout.count("Columns not used: latency, region") == 1


def test_set_wins_over_a_column_of_that_name_and_ignore_leaves_a_column_alone(tmp_path):
    path = write(tmp_path / "calls.csv", ["occurred_at,input_tokens,team,cost,model", f"{GOOD},core,99,gpt-4"])
    imports(path, "--set", "team=data", "--ignore", "cost")
    assert (event().attribution.team, event().cost, event().cost_source) == ("data", Decimal("0.03"), "priced")


def test_tags_come_from_columns_and_from_options(tmp_path):
    path = write(tmp_path / "calls.csv", ["occurred_at,input_tokens,tags,F", f'{GOOD},"{{""a"": 1}}",search'])
    imports(path, "--map", "tag:feature=F", "--tag", "origin=old")
    assert event().tags == {"a": "1", "feature": "search", "origin": "old"}


def test_a_cost_column_stands_and_is_marked_as_imported_with_all_its_digits(tmp_path):
    path = write(tmp_path / "calls.csv", ["occurred_at,input_tokens,cost,model", f"{GOOD}, 0.0123456789 ,gpt-4"])
    result = imports(path)
    assert (event().cost, event().cost_source) == (Decimal("0.0123456789"), "imported")
    assert "0.0123456789 USD" in result.stdout


def test_a_model_that_nobody_has_a_price_for_is_kept_and_counted(tmp_path):
    path = write(tmp_path / "calls.csv", ["occurred_at,input_tokens", GOOD])
    result = imports(path, "--set", "model=house-model-7b")
    assert result.exit_code == 0
    assert "Without a price  1" in result.stdout
    assert event().cost_source == "unpriced"


@pytest.mark.parametrize(
    ("written", "options", "instant"),
    [
        ("2025-03-01 10:00:00.1234567", [], datetime(2025, 3, 1, 10, 0, 0, 123456, tzinfo=UTC)),
        ("2025-03-01 10:00:00", ["--zone", "Asia/Kolkata"], datetime(2025, 3, 1, 4, 30, tzinfo=UTC)),
        ("2025-03-01T10:00:00+02:00", ["--zone", "Asia/Kolkata"], datetime(2025, 3, 1, 8, tzinfo=UTC)),
        ("2025-03-01", ["--zone", "Europe/Berlin"], datetime(2025, 2, 28, 23, tzinfo=UTC)),
        ("2024-10-27 02:30:00", ["--zone", "Europe/Berlin"], datetime(2024, 10, 27, 0, 30, tzinfo=UTC)),
        ("2024-10-27 03:30:00", ["--zone", "Europe/Berlin"], datetime(2024, 10, 27, 2, 30, tzinfo=UTC)),
        ("1740823200", [], datetime(2025, 3, 1, 10, tzinfo=UTC)),
        ("1740823200123", [], datetime(2025, 3, 1, 10, 0, 0, 123000, tzinfo=UTC)),
        ("1740823200.123456", [], datetime(2025, 3, 1, 10, 0, 0, 123456, tzinfo=UTC)),
        ("1740823200123456", [], datetime(2025, 3, 1, 10, 0, 0, 123456, tzinfo=UTC)),
    ],
)
def test_times_are_read_as_iso_or_epoch_and_in_the_zone_that_was_said(tmp_path, written, options, instant):
    imports(write(tmp_path / "calls.csv", ["occurred_at,input_tokens", f"{written},1000"]), *options)
    assert event().occurred_at == instant


def test_another_zone_for_times_that_name_none_is_another_import_and_for_others_the_same(tmp_path):
    named = write(tmp_path / "named.csv", ["occurred_at,input_tokens", GOOD])
    naive = write(tmp_path / "naive.csv", ["occurred_at,input_tokens", "2025-03-01 10:00:00,7"])
    for path, count in ((named, 1), (naive, 3)):
        imports(path, "--zone", "UTC")
        imports(path, "--zone", "Asia/Tokyo")
        assert ledger()[0] == count


def test_ids_that_are_mapped_stand_so_that_overlapping_exports_count_a_call_once(tmp_path):
    first = write(tmp_path / "1.csv", ["call,occurred_at,input_tokens", f"chat-1,{GOOD}", f"chat-2,{GOOD}"])
    second = write(tmp_path / "2.csv", ["call,occurred_at,input_tokens", f"chat-2,{GOOD}", f"chat-3,{GOOD}"])
    for path in (first, second):
        imports(path, "--map", "id=call")
    assert ledger()[0] == 3


def test_a_column_id_is_the_identity_where_it_holds_uuids_and_is_not_where_it_counts_rows(tmp_path):
    own = uuid.uuid4()
    imports(write(tmp_path / "0.csv", ["id,occurred_at,input_tokens", f"{own},{GOOD}"]))
    assert event().pk == own
    for name in ("1.csv", "2.csv"):
        result = imports(write(tmp_path / name, ["id,occurred_at,input_tokens", f"1,{GOOD}", f"2,{GOOD}{name[0]}"]))
        assert "holds no UUIDs" in result.stdout
    assert ledger()[0] == 5


def test_a_spend_log_of_litellm_is_imported_with_its_own_cost_and_cache_hits_are_free(tmp_path):
    path = write(
        tmp_path / "spend.csv",
        [
            "request_id,call_type,api_key,spend,total_tokens,prompt_tokens,completion_tokens,startTime,endTime,"
            "model,custom_llm_provider,user,metadata,cache_hit,team_id",
            "chatcmpl-1,acompletion,h,0.0015,150,100,50,2025-03-01 10:00:00.123,2025-03-01 10:00:01,"
            'gpt-4o,openai,ann@company.com,"{""user_api_key"": ""x""}",False,backend',
            "chatcmpl-2,acompletion,h,0.0,150,100,50,2025-03-01 10:00:02,2025-03-01 10:00:03,gpt-4o,openai,,{},True,",
        ],
    )
    result = imports(path, "--preset", "litellm-spend-logs")
    assert result.exit_code == 0, result.output
    paid, hit = UsageEvent.objects.select_related("attribution").order_by("occurred_at")
    assert (paid.cost, paid.cost_source, paid.attribution.team, paid.attribution.user, paid.metadata) == (
        Decimal("0.0015"),
        "imported",
        "backend",
        "ann@company.com",
        None,
    )
    assert (hit.cost, hit.cost_source, hit.input_tokens) == (0, "imported", 100)


def test_every_field_of_the_api_can_be_imported():
    assert set(PARSERS) == set(Call.__struct_fields__)


def test_the_help_names_every_preset():
    assert all(name in " ".join(imports("--help").stdout.split()) for name in PRESETS)

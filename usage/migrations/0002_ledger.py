"""The partitioned tables of the ledger. Their partitions are made by `usage.domain.partitions`.

Every index is made while the tables are empty, so that nothing big is ever locked.
"""

from django.db import migrations

LEDGER = """
CREATE TABLE usage_event (
    id uuid NOT NULL,
    occurred_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    attribution_id bigint NOT NULL,
    api_key_id bigint,
    input_tokens bigint NOT NULL CHECK (input_tokens >= 0),
    cached_input_tokens bigint NOT NULL DEFAULT 0 CHECK (cached_input_tokens >= 0),
    cache_write_tokens bigint NOT NULL DEFAULT 0 CHECK (cache_write_tokens >= 0),
    cache_write_1h_tokens bigint NOT NULL DEFAULT 0 CHECK (cache_write_1h_tokens >= 0),
    audio_input_tokens bigint NOT NULL DEFAULT 0 CHECK (audio_input_tokens >= 0),
    output_tokens bigint NOT NULL CHECK (output_tokens >= 0),
    reasoning_tokens bigint NOT NULL DEFAULT 0 CHECK (reasoning_tokens >= 0),
    audio_output_tokens bigint NOT NULL DEFAULT 0 CHECK (audio_output_tokens >= 0),
    web_searches bigint NOT NULL DEFAULT 0 CHECK (web_searches >= 0),
    service_tier varchar(16) NOT NULL DEFAULT 'default',
    cost numeric(20, 10) NOT NULL CHECK (cost >= 0),
    cost_source varchar(8) NOT NULL CHECK (cost_source IN ('priced', 'reported', 'imported', 'unpriced')),
    price_basis varchar(200) NOT NULL DEFAULT '',
    reservation_id uuid,
    tags jsonb,
    metadata jsonb,
    CHECK (cached_input_tokens + cache_write_tokens + cache_write_1h_tokens + audio_input_tokens <= input_tokens),
    CHECK (reasoning_tokens + audio_output_tokens <= output_tokens)
) PARTITION BY RANGE (occurred_at);
CREATE INDEX usage_event_newest ON usage_event (occurred_at, id);
CREATE INDEX usage_event_attribution ON usage_event (attribution_id, occurred_at);

CREATE SEQUENCE usage_hourly_id_seq AS bigint;
CREATE TABLE usage_hourly (
    id bigint NOT NULL DEFAULT nextval('usage_hourly_id_seq'),
    hour timestamptz NOT NULL,
    attribution_id bigint NOT NULL,
    cost numeric(24, 10) NOT NULL,
    requests bigint NOT NULL,
    unpriced bigint NOT NULL,
    input_tokens bigint NOT NULL,
    cached_input_tokens bigint NOT NULL,
    output_tokens bigint NOT NULL
) PARTITION BY RANGE (hour);
ALTER SEQUENCE usage_hourly_id_seq OWNED BY usage_hourly.id;
CREATE UNIQUE INDEX usage_hourly_once ON usage_hourly (hour, attribution_id);
CREATE INDEX usage_hourly_attribution ON usage_hourly (attribution_id, hour);
"""

GROUND = """
INSERT INTO usage_groundversion (name, version)
VALUES ('directory', 1), ('prices', 1), ('tags', 1), ('tree', 1);
"""


class Migration(migrations.Migration):
    """Makes the partitioned tables and the ground's versions."""

    dependencies = [("usage", "0001_initial")]

    operations = [
        migrations.RunSQL(LEDGER, "DROP TABLE usage_hourly; DROP TABLE usage_event;"),
        migrations.RunSQL(GROUND, "DELETE FROM usage_groundversion;"),
    ]

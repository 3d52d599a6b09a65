-- Code of tenants. The draft is what is edited and built; versions are what was deployed, and never change.
create table actions (
  tenant_id text not null references tenants on delete cascade,
  id text not null,
  name text not null,
  trigger_id text not null,
  trigger_version text not null,
  code text not null,
  dependencies jsonb not null,
  runtime text not null,
  sealed_secrets bytea not null,              -- JSON: [{name, value, updated_at}]
  status text not null,                       -- pending, built, failed
  errors jsonb not null,
  bundle bytea,                               -- brotli; absent until it is built
  digest text,
  build_id text not null,                     -- the build whose end counts
  build_started_at bigint not null,
  built_at bigint,
  all_changes_deployed boolean not null,
  deployed_version_id text,
  last_number bigint not null,
  created_at bigint not null,
  updated_at bigint not null,
  primary key (tenant_id, id),
  unique (tenant_id, name)
);
create index on actions (tenant_id, created_at, id);
create unique index actions_one_phone_provider on actions (tenant_id)
  where trigger_id = 'custom-phone-provider';

create table action_versions (
  tenant_id text not null,
  id text not null,
  action_id text not null,
  number bigint not null,
  code text not null,
  dependencies jsonb not null,
  runtime text not null,
  trigger_id text not null,
  trigger_version text not null,
  sealed_secrets bytea not null,
  bundle bytea not null,
  digest text not null,
  built_at bigint not null,
  created_at bigint not null,
  primary key (tenant_id, id),
  unique (tenant_id, action_id, number),
  foreign key (tenant_id, action_id) references actions on delete cascade
);

create table action_bindings (
  tenant_id text not null,
  id text not null,
  trigger_id text not null,
  position bigint not null,
  action_id text not null,
  display_name text not null,
  created_at bigint not null,
  updated_at bigint not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, action_id) references actions on delete cascade
);
create index on action_bindings (tenant_id, trigger_id, position);
create index on action_bindings (tenant_id, action_id);

-- What became of single runs; kept ten days.
create table action_executions (
  tenant_id text not null references tenants on delete cascade,
  id text not null,
  trigger_id text not null,
  status text not null,
  results jsonb not null,
  created_at bigint not null,
  updated_at bigint not null,
  primary key (tenant_id, id)
);
create index on action_executions (created_at);

do $$
declare watched text;
begin
  foreach watched in array array['actions', 'action_bindings'] loop
    execute format('create trigger %1$s_inserted after insert on %1$s
      referencing new table as changed for each statement execute function bump_config_version()', watched);
    execute format('create trigger %1$s_updated after update on %1$s
      referencing new table as changed for each statement execute function bump_config_version()', watched);
    execute format('create trigger %1$s_deleted after delete on %1$s
      referencing old table as changed for each statement execute function bump_config_version()', watched);
  end loop;
end $$;

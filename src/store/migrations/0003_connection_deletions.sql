-- Connections that are gone while their users are still being removed. The name stays reserved until the
-- last of them is gone: a connection of the same name would take them over.
create table connection_deletions (
  tenant_id text not null references tenants on delete cascade,
  name text not null,
  deleted_at bigint not null,
  primary key (tenant_id, name)
);

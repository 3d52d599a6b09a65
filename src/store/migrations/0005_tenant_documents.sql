-- Settings that tools read and write as one object each: Guardian, branding, prompts, texts of pages.
-- `name` is a path of the API without its prefix; secret members are sealed beside the others.
create table tenant_documents (
  tenant_id text not null references tenants on delete cascade,
  name text not null,
  document jsonb not null,
  sealed_members bytea,
  updated_at bigint not null,
  primary key (tenant_id, name)
);

create trigger tenant_documents_inserted after insert on tenant_documents
  referencing new table as changed for each statement execute function bump_config_version();
create trigger tenant_documents_updated after update on tenant_documents
  referencing new table as changed for each statement execute function bump_config_version();
create trigger tenant_documents_deleted after delete on tenant_documents
  referencing old table as changed for each statement execute function bump_config_version();

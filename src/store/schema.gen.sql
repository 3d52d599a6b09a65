-- Written by `npm run gen` from src/store/migrations. Do not edit.

CREATE OR REPLACE FUNCTION public.bump_config_version()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  update tenants set config_version = config_version + 1
   where id in (select distinct tenant_id from changed);
  return null;
end $function$
;

CREATE OR REPLACE FUNCTION public.bump_own_config_version()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if new.settings is distinct from old.settings or new.protection is distinct from old.protection
     or new.url is distinct from old.url or new.sealed_hash_key is distinct from old.sealed_hash_key then
    new.config_version := old.config_version + 1;
  end if;
  return new;
end $function$
;

CREATE OR REPLACE FUNCTION public.count_active_users()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into active_users (tenant_id, day, slot, users)
  select tenant_id, last_login / 86400000, pg_backend_pid() % 64,
         case tg_op when 'INSERT' then count(*) else -count(*) end
    from changed where last_login is not null group by 1, 2 order by 1, 2
  on conflict (tenant_id, day, slot) do update set users = active_users.users + excluded.users;
  return null;
end $function$
;

CREATE OR REPLACE FUNCTION public.count_users()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if tg_op = 'INSERT' then
    insert into user_counts (tenant_id, slot, users)
    select tenant_id, pg_backend_pid() % 64, count(*) from changed group by tenant_id order by tenant_id
    on conflict (tenant_id, slot) do update set users = user_counts.users + excluded.users;
  else
    insert into user_counts (tenant_id, slot, users)
    select tenant_id, pg_backend_pid() % 64, -count(*) from changed group by tenant_id order by tenant_id
    on conflict (tenant_id, slot) do update set users = user_counts.users + excluded.users;
  end if;
  return null;
end $function$
;

CREATE OR REPLACE FUNCTION public.move_active_user()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into active_users (tenant_id, day, slot, users)
  select new.tenant_id, day, pg_backend_pid() % 64, change
    from (values (old.last_login / 86400000, -1), (new.last_login / 86400000, 1)) as moved (day, change)
   where day is not null order by day
  on conflict (tenant_id, day, slot) do update set users = active_users.users + excluded.users;
  return null;
end $function$
;

CREATE OR REPLACE FUNCTION public.orphan_refresh_tokens()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  update refresh_tokens set user_deleted = true
    from gone
   where refresh_tokens.tenant_id = gone.tenant_id and refresh_tokens.user_id = gone.user_id;
  return null;
end $function$
;

create table action_bindings (
  tenant_id text not null,
  id text not null,
  trigger_id text not null,
  position bigint not null,
  action_id text not null,
  display_name text not null,
  created_at bigint not null,
  updated_at bigint not null,
  constraint action_bindings_pkey PRIMARY KEY (tenant_id, id),
  constraint action_bindings_tenant_id_action_id_fkey FOREIGN KEY (tenant_id, action_id) REFERENCES actions(tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX action_bindings_tenant_id_action_id_idx ON public.action_bindings USING btree (tenant_id, action_id);
CREATE INDEX action_bindings_tenant_id_trigger_id_position_idx ON public.action_bindings USING btree (tenant_id, trigger_id, "position");
CREATE TRIGGER action_bindings_deleted AFTER DELETE ON public.action_bindings REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION bump_config_version();
CREATE TRIGGER action_bindings_inserted AFTER INSERT ON public.action_bindings REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION bump_config_version();
CREATE TRIGGER action_bindings_updated AFTER UPDATE ON public.action_bindings REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION bump_config_version();

create table action_executions (
  tenant_id text not null,
  id text not null,
  trigger_id text not null,
  status text not null,
  results jsonb not null,
  created_at bigint not null,
  updated_at bigint not null,
  constraint action_executions_pkey PRIMARY KEY (tenant_id, id),
  constraint action_executions_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
CREATE INDEX action_executions_created_at_idx ON public.action_executions USING btree (created_at);

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
  constraint action_versions_pkey PRIMARY KEY (tenant_id, id),
  constraint action_versions_tenant_id_action_id_number_key UNIQUE (tenant_id, action_id, number),
  constraint action_versions_tenant_id_action_id_fkey FOREIGN KEY (tenant_id, action_id) REFERENCES actions(tenant_id, id) ON DELETE CASCADE
);

create table actions (
  tenant_id text not null,
  id text not null,
  name text not null,
  trigger_id text not null,
  trigger_version text not null,
  code text not null,
  dependencies jsonb not null,
  runtime text not null,
  sealed_secrets bytea not null,
  status text not null,
  errors jsonb not null,
  bundle bytea,
  digest text,
  build_id text not null,
  build_started_at bigint not null,
  built_at bigint,
  all_changes_deployed boolean not null,
  deployed_version_id text,
  last_number bigint not null,
  created_at bigint not null,
  updated_at bigint not null,
  constraint actions_pkey PRIMARY KEY (tenant_id, id),
  constraint actions_tenant_id_name_key UNIQUE (tenant_id, name),
  constraint actions_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX actions_one_phone_provider ON public.actions USING btree (tenant_id) WHERE (trigger_id = 'custom-phone-provider'::text);
CREATE INDEX actions_tenant_id_created_at_id_idx ON public.actions USING btree (tenant_id, created_at, id);
CREATE TRIGGER actions_deleted AFTER DELETE ON public.actions REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION bump_config_version();
CREATE TRIGGER actions_inserted AFTER INSERT ON public.actions REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION bump_config_version();
CREATE TRIGGER actions_updated AFTER UPDATE ON public.actions REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION bump_config_version();

create table active_users (
  tenant_id text not null,
  day bigint not null,
  slot integer not null,
  users bigint not null,
  constraint active_users_pkey PRIMARY KEY (tenant_id, day, slot)
);

create table authentication_methods (
  tenant_id text not null,
  id text not null,
  user_id text not null,
  type text not null,
  confirmed boolean not null,
  name text,
  phone_number text,
  email text,
  preferred text,
  channels text[] not null default '{}'::text[],
  sealed_secret bytea,
  secret_hash bytea,
  last_step bigint,
  document jsonb not null default '{}'::jsonb,
  created_at bigint not null,
  enrolled_at bigint,
  last_auth_at bigint,
  constraint authentication_methods_pkey PRIMARY KEY (tenant_id, id),
  constraint authentication_methods_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES users(tenant_id, user_id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX authentication_methods_email ON public.authentication_methods USING btree (tenant_id, user_id, email) WHERE (email IS NOT NULL);
CREATE UNIQUE INDEX authentication_methods_phone ON public.authentication_methods USING btree (tenant_id, user_id, phone_number) WHERE (phone_number IS NOT NULL);
CREATE UNIQUE INDEX authentication_methods_recovery ON public.authentication_methods USING btree (tenant_id, user_id) WHERE (type = 'recovery-code'::text);
CREATE INDEX authentication_methods_user ON public.authentication_methods USING btree (tenant_id, user_id, created_at, id);

create table challenges (
  tenant_id text not null,
  connection text not null,
  purpose text not null,
  recipient_hash bytea not null,
  code_hash bytea not null,
  attempts integer not null default 0,
  consumed_at bigint,
  expires_at bigint not null,
  message_id text not null,
  client_id text not null,
  guesses double precision not null default 0,
  guessed_at bigint not null default 0,
  last_outcome text,
  constraint challenges_pkey PRIMARY KEY (tenant_id, connection, purpose, recipient_hash)
);
CREATE INDEX challenges_expired ON public.challenges USING btree (expires_at);

create table client_grants (
  tenant_id text not null,
  id text not null,
  client_id text not null,
  audience text not null,
  subject_type text not null,
  document jsonb not null,
  created_at bigint not null,
  constraint client_grants_pkey PRIMARY KEY (tenant_id, id),
  constraint client_grants_tenant_id_client_id_audience_subject_type_key UNIQUE (tenant_id, client_id, audience, subject_type),
  constraint client_grants_tenant_id_client_id_fkey FOREIGN KEY (tenant_id, client_id) REFERENCES clients(tenant_id, client_id) ON DELETE CASCADE
);
CREATE TRIGGER client_grants_deleted AFTER DELETE ON public.client_grants REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION bump_config_version();
CREATE TRIGGER client_grants_inserted AFTER INSERT ON public.client_grants REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION bump_config_version();
CREATE TRIGGER client_grants_updated AFTER UPDATE ON public.client_grants REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION bump_config_version();

create table clients (
  tenant_id text not null,
  client_id text not null,
  name text not null,
  is_global boolean not null default false,
  is_first_party boolean not null default true,
  app_type text,
  sealed_secret bytea not null,
  document jsonb not null,
  created_at bigint not null,
  updated_at bigint not null,
  constraint clients_pkey PRIMARY KEY (tenant_id, client_id),
  constraint clients_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
CREATE INDEX clients_created ON public.clients USING btree (tenant_id, created_at, client_id);
CREATE UNIQUE INDEX clients_global ON public.clients USING btree (tenant_id) WHERE is_global;
CREATE TRIGGER clients_deleted AFTER DELETE ON public.clients REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION bump_config_version();
CREATE TRIGGER clients_inserted AFTER INSERT ON public.clients REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION bump_config_version();
CREATE TRIGGER clients_updated AFTER UPDATE ON public.clients REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION bump_config_version();

create table connection_clients (
  tenant_id text not null,
  connection_id text not null,
  client_id text not null,
  position bigint not null,
  constraint connection_clients_pkey PRIMARY KEY (tenant_id, connection_id, client_id),
  constraint connection_clients_tenant_id_client_id_fkey FOREIGN KEY (tenant_id, client_id) REFERENCES clients(tenant_id, client_id) ON DELETE CASCADE,
  constraint connection_clients_tenant_id_connection_id_fkey FOREIGN KEY (tenant_id, connection_id) REFERENCES connections(tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX connection_clients_client ON public.connection_clients USING btree (tenant_id, client_id);
CREATE TRIGGER connection_clients_deleted AFTER DELETE ON public.connection_clients REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION bump_config_version();
CREATE TRIGGER connection_clients_inserted AFTER INSERT ON public.connection_clients REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION bump_config_version();
CREATE TRIGGER connection_clients_updated AFTER UPDATE ON public.connection_clients REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION bump_config_version();

create table connection_deletions (
  tenant_id text not null,
  name text not null,
  deleted_at bigint not null,
  constraint connection_deletions_pkey PRIMARY KEY (tenant_id, name),
  constraint connection_deletions_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);

create table connections (
  tenant_id text not null,
  id text not null,
  name text not null,
  strategy text not null,
  sealed_options bytea not null,
  document jsonb not null,
  created_at bigint not null,
  constraint connections_pkey PRIMARY KEY (tenant_id, id),
  constraint connections_tenant_id_name_key UNIQUE (tenant_id, name),
  constraint connections_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
CREATE TRIGGER connections_deleted AFTER DELETE ON public.connections REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION bump_config_version();
CREATE TRIGGER connections_inserted AFTER INSERT ON public.connections REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION bump_config_version();
CREATE TRIGGER connections_updated AFTER UPDATE ON public.connections REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION bump_config_version();

create table daily_stats (
  tenant_id text not null,
  day bigint not null,
  logins bigint not null,
  signups bigint not null,
  leaked_passwords bigint not null,
  created_at bigint not null,
  updated_at bigint not null,
  constraint daily_stats_pkey PRIMARY KEY (tenant_id, day)
);

create table enrollment_tickets (
  tenant_id text not null,
  ticket_hash bytea not null,
  user_id text not null,
  factor text,
  allow_multiple boolean not null,
  created_at bigint not null,
  expires_at bigint not null,
  used_at bigint,
  constraint enrollment_tickets_pkey PRIMARY KEY (tenant_id, ticket_hash),
  constraint enrollment_tickets_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES users(tenant_id, user_id) ON DELETE CASCADE
);
CREATE INDEX enrollment_tickets_expired ON public.enrollment_tickets USING btree (expires_at);
CREATE INDEX enrollment_tickets_user ON public.enrollment_tickets USING btree (tenant_id, user_id);

create table inbox_messages (
  tenant_id text not null,
  id text not null,
  sealed bytea not null,
  recipient_hash bytea not null,
  created_at bigint not null,
  constraint inbox_messages_pkey PRIMARY KEY (tenant_id, id),
  constraint inbox_messages_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);

create table limit_buckets (
  tenant_id text not null,
  key text not null,
  full_at double precision not null,
  window_ms double precision not null,
  constraint limit_buckets_pkey PRIMARY KEY (tenant_id, key)
);
CREATE INDEX limit_buckets_passwords ON public.limit_buckets USING btree (tenant_id, key text_pattern_ops) WHERE (key ~~ 'password:%'::text);

create table log_streams (
  tenant_id text not null,
  id text not null,
  name text not null,
  type text not null,
  status text not null,
  is_priority boolean not null,
  filters jsonb not null,
  pii_config jsonb not null,
  sealed_sink bytea not null,
  starts_after text not null,
  read_xid xid8 not null,
  read_log_id text not null,
  lease_owner text,
  lease_until bigint not null default 0,
  retry_at bigint not null default 0,
  failures integer not null default 0,
  failing_since bigint,
  version integer not null default 1,
  created_at bigint not null,
  constraint log_streams_pkey PRIMARY KEY (tenant_id, id),
  constraint log_streams_status_check CHECK ((status = ANY (ARRAY['active'::text, 'paused'::text, 'suspended'::text]))),
  constraint log_streams_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
CREATE INDEX log_streams_active ON public.log_streams USING btree (retry_at) WHERE (status = 'active'::text);

create table logins (
  tenant_id text not null,
  state_hash bytea not null,
  browser_hash bytea not null,
  client_id text not null,
  request jsonb not null,
  user_id text,
  connection text,
  steps jsonb not null default '{}'::jsonb,
  created_at bigint not null,
  expires_at bigint not null,
  constraint logins_pkey PRIMARY KEY (tenant_id, state_hash)
);
CREATE INDEX logins_expired ON public.logins USING btree (expires_at);

create table messages (
  tenant_id text not null,
  id text not null,
  state text not null,
  message_type text not null,
  flow text not null,
  delivery_method text not null,
  recipient_masked text not null,
  recipient_hash bytea not null,
  country text,
  provider text,
  client_id text,
  connection text,
  user_id text,
  locale text not null,
  decoy boolean not null default false,
  sealed bytea,
  attempts_count integer not null default 0,
  attempts jsonb not null default '[]'::jsonb,
  history jsonb not null default '[]'::jsonb,
  possible_duplicate boolean not null default false,
  cause jsonb,
  provider_message_id text,
  callback_rank integer not null default 0,
  lease_owner text,
  due_at bigint not null,
  created_at bigint not null,
  updated_at bigint not null,
  expires_at bigint not null,
  constraint messages_pkey PRIMARY KEY (tenant_id, id)
);
CREATE INDEX messages_due ON public.messages USING btree (due_at) WHERE (state = ANY (ARRAY['queued'::text, 'sending'::text]));
CREATE INDEX messages_recipient ON public.messages USING btree (tenant_id, recipient_hash, id);
CREATE INDEX messages_sealed ON public.messages USING btree (expires_at) WHERE (sealed IS NOT NULL);

create table mfa_challenges (
  tenant_id text not null,
  user_id text not null,
  handle_hash bytea,
  method_id text,
  channel text,
  code_hash bytea,
  message_id text,
  client_id text,
  expires_at bigint not null default 0,
  consumed_at bigint,
  guesses double precision not null default 0,
  guessed_at bigint not null default 0,
  recovery_guesses double precision not null default 0,
  recovery_guessed_at bigint not null default 0,
  last_outcome text,
  constraint mfa_challenges_pkey PRIMARY KEY (tenant_id, user_id),
  constraint mfa_challenges_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES users(tenant_id, user_id) ON DELETE CASCADE
);

create table mfa_transactions (
  tenant_id text not null,
  token_hash bytea not null,
  user_id text not null,
  client_id text not null,
  request jsonb not null,
  created_at bigint not null,
  expires_at bigint not null,
  completed_at bigint,
  constraint mfa_transactions_pkey PRIMARY KEY (tenant_id, token_hash),
  constraint mfa_transactions_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES users(tenant_id, user_id) ON DELETE CASCADE
);
CREATE INDEX mfa_transactions_expired ON public.mfa_transactions USING btree (expires_at);
CREATE INDEX mfa_transactions_user ON public.mfa_transactions USING btree (tenant_id, user_id);

create table oidc_records (
  tenant_id text not null,
  model text not null,
  id_hash bytea not null,
  payload jsonb not null,
  uid text,
  user_id text,
  client_id text,
  family_id text,
  created_at bigint not null,
  expires_at bigint not null,
  consumed_at bigint,
  constraint oidc_records_pkey PRIMARY KEY (tenant_id, model, id_hash)
);
CREATE INDEX oidc_records_expired ON public.oidc_records USING btree (expires_at);
CREATE INDEX oidc_records_user ON public.oidc_records USING btree (tenant_id, user_id) WHERE (user_id IS NOT NULL);

create table phone_backoffs (
  tenant_id text not null,
  recipient_hash bytea not null,
  sent integer not null,
  next_at bigint not null,
  last_at bigint not null,
  constraint phone_backoffs_pkey PRIMARY KEY (tenant_id, recipient_hash)
);
CREATE INDEX phone_backoffs_last ON public.phone_backoffs USING btree (last_at);

create table phone_providers (
  tenant_id text not null,
  id text not null,
  name text not null,
  disabled boolean not null,
  configuration jsonb not null,
  sealed_credentials bytea not null,
  sealed_previous_credentials bytea,
  credentials_changed_at bigint not null,
  created_at bigint not null,
  updated_at bigint not null,
  constraint phone_providers_pkey PRIMARY KEY (tenant_id, id),
  constraint phone_providers_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX phone_providers_one ON public.phone_providers USING btree (tenant_id);
CREATE TRIGGER phone_providers_deleted AFTER DELETE ON public.phone_providers REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION bump_config_version();
CREATE TRIGGER phone_providers_inserted AFTER INSERT ON public.phone_providers REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION bump_config_version();
CREATE TRIGGER phone_providers_updated AFTER UPDATE ON public.phone_providers REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION bump_config_version();

create table phone_templates (
  tenant_id text not null,
  id text not null,
  type text not null,
  disabled boolean not null,
  content jsonb not null,
  created_at bigint not null,
  updated_at bigint not null,
  constraint phone_templates_pkey PRIMARY KEY (tenant_id, id),
  constraint phone_templates_tenant_id_type_key UNIQUE (tenant_id, type),
  constraint phone_templates_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
CREATE TRIGGER phone_templates_deleted AFTER DELETE ON public.phone_templates REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION bump_config_version();
CREATE TRIGGER phone_templates_inserted AFTER INSERT ON public.phone_templates REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION bump_config_version();
CREATE TRIGGER phone_templates_updated AFTER UPDATE ON public.phone_templates REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION bump_config_version();

create table refresh_tokens (
  tenant_id text not null,
  token_hash bytea not null,
  family_id text not null,
  client_id text not null,
  user_id text not null,
  connection text not null,
  scope text not null,
  audience text,
  rotating boolean not null,
  issued_at bigint not null,
  family_issued_at bigint not null,
  expires_at bigint not null,
  consumed_at bigint,
  generation integer not null default 0,
  user_deleted boolean not null default false,
  constraint refresh_tokens_pkey PRIMARY KEY (tenant_id, token_hash)
);
CREATE INDEX refresh_tokens_expired ON public.refresh_tokens USING btree (expires_at);
CREATE INDEX refresh_tokens_family ON public.refresh_tokens USING btree (tenant_id, family_id);
CREATE INDEX refresh_tokens_user ON public.refresh_tokens USING btree (tenant_id, user_id, client_id, issued_at);

create table remembered_browsers (
  tenant_id text not null,
  token_hash bytea not null,
  user_id text not null,
  created_at bigint not null,
  expires_at bigint not null,
  constraint remembered_browsers_pkey PRIMARY KEY (tenant_id, token_hash),
  constraint remembered_browsers_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES users(tenant_id, user_id) ON DELETE CASCADE
);
CREATE INDEX remembered_browsers_expired ON public.remembered_browsers USING btree (expires_at);
CREATE INDEX remembered_browsers_user ON public.remembered_browsers USING btree (tenant_id, user_id);

create table resource_servers (
  tenant_id text not null,
  id text not null,
  identifier text not null,
  is_system boolean not null default false,
  sealed_signing_secret bytea,
  document jsonb not null,
  created_at bigint not null,
  constraint resource_servers_pkey PRIMARY KEY (tenant_id, id),
  constraint resource_servers_tenant_id_identifier_key UNIQUE (tenant_id, identifier),
  constraint resource_servers_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
CREATE TRIGGER resource_servers_deleted AFTER DELETE ON public.resource_servers REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION bump_config_version();
CREATE TRIGGER resource_servers_inserted AFTER INSERT ON public.resource_servers REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION bump_config_version();
CREATE TRIGGER resource_servers_updated AFTER UPDATE ON public.resource_servers REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION bump_config_version();

create table schema_migrations (
  number integer not null,
  name text not null,
  applied_at bigint not null,
  constraint schema_migrations_pkey PRIMARY KEY (number)
);

create table signing_keys (
  tenant_id text not null,
  kid text not null,
  alg text not null,
  state text not null,
  public_jwk jsonb not null,
  sealed_private_key bytea not null,
  created_at bigint not null,
  rotated_at bigint,
  revoked_at bigint,
  constraint signing_keys_pkey PRIMARY KEY (tenant_id, kid),
  constraint signing_keys_state_check CHECK ((state = ANY (ARRAY['next'::text, 'current'::text, 'previous'::text]))),
  constraint signing_keys_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX signing_keys_current ON public.signing_keys USING btree (tenant_id, alg) WHERE (state = 'current'::text);
CREATE TRIGGER signing_keys_deleted AFTER DELETE ON public.signing_keys REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION bump_config_version();
CREATE TRIGGER signing_keys_inserted AFTER INSERT ON public.signing_keys REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION bump_config_version();
CREATE TRIGGER signing_keys_updated AFTER UPDATE ON public.signing_keys REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION bump_config_version();

create table stats_progress (
  tenant_id text not null,
  counted_to xid8 not null,
  constraint stats_progress_pkey PRIMARY KEY (tenant_id),
  constraint stats_progress_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);

create table tenant_documents (
  tenant_id text not null,
  name text not null,
  document jsonb not null,
  sealed_members bytea,
  updated_at bigint not null,
  constraint tenant_documents_pkey PRIMARY KEY (tenant_id, name),
  constraint tenant_documents_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id) ON DELETE CASCADE
);
CREATE TRIGGER tenant_documents_deleted AFTER DELETE ON public.tenant_documents REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION bump_config_version();
CREATE TRIGGER tenant_documents_inserted AFTER INSERT ON public.tenant_documents REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION bump_config_version();
CREATE TRIGGER tenant_documents_updated AFTER UPDATE ON public.tenant_documents REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION bump_config_version();

create table tenant_logs (
  tenant_id text not null,
  log_id text not null,
  type text not null,
  date bigint not null,
  client_id text,
  user_id text,
  entry jsonb not null,
  written_in xid8 not null default pg_current_xact_id(),
  constraint tenant_logs_pkey PRIMARY KEY (tenant_id, log_id)
);
CREATE INDEX tenant_logs_type ON public.tenant_logs USING btree (tenant_id, type, log_id);
CREATE INDEX tenant_logs_user ON public.tenant_logs USING btree (tenant_id, user_id, log_id) WHERE (user_id IS NOT NULL);
CREATE INDEX tenant_logs_written ON public.tenant_logs USING btree (tenant_id, written_in, log_id);

create table tenants (
  id text not null,
  url text not null,
  host text not null,
  hostname text not null,
  settings jsonb not null,
  protection jsonb not null,
  sealed_hash_key bytea not null,
  config_version bigint not null default 1,
  created_at bigint not null,
  constraint tenants_host_key UNIQUE (host),
  constraint tenants_pkey PRIMARY KEY (id)
);
CREATE INDEX tenants_hostname ON public.tenants USING btree (hostname);
CREATE TRIGGER tenants_changed BEFORE UPDATE ON public.tenants FOR EACH ROW EXECUTE FUNCTION bump_own_config_version();

create table user_counts (
  tenant_id text not null,
  slot integer not null,
  users bigint not null,
  constraint user_counts_pkey PRIMARY KEY (tenant_id, slot)
);

create table user_passwords (
  tenant_id text not null,
  user_id text not null,
  password_hash text not null,
  changed_at bigint not null,
  former text[] not null default '{}'::text[],
  constraint user_passwords_pkey PRIMARY KEY (tenant_id, user_id),
  constraint user_passwords_tenant_id_user_id_fkey FOREIGN KEY (tenant_id, user_id) REFERENCES users(tenant_id, user_id) ON DELETE CASCADE
);

create table users (
  tenant_id text not null,
  user_id text not null,
  connection text not null,
  phone_number text,
  email text,
  username text,
  phone_verified boolean,
  blocked boolean,
  profile jsonb not null,
  user_metadata jsonb,
  app_metadata jsonb,
  logins_count bigint not null default 0,
  last_login bigint,
  last_ip text,
  created_at bigint not null,
  updated_at bigint not null,
  email_unique boolean not null default false,
  constraint users_pkey PRIMARY KEY (tenant_id, user_id)
);
CREATE INDEX users_created ON public.users USING btree (tenant_id, created_at, user_id);
CREATE INDEX users_email ON public.users USING btree (tenant_id, email) WHERE (email IS NOT NULL);
CREATE UNIQUE INDEX users_email_unique ON public.users USING btree (tenant_id, connection, email) WHERE email_unique;
CREATE UNIQUE INDEX users_phone ON public.users USING btree (tenant_id, connection, phone_number);
CREATE INDEX users_phone_any ON public.users USING btree (tenant_id, phone_number);
CREATE UNIQUE INDEX users_username ON public.users USING btree (tenant_id, connection, username) WHERE (username IS NOT NULL);
CREATE TRIGGER users_active_deleted AFTER DELETE ON public.users REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_active_users();
CREATE TRIGGER users_active_inserted AFTER INSERT ON public.users REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_active_users();
CREATE TRIGGER users_deleted AFTER DELETE ON public.users REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_users();
CREATE TRIGGER users_deleted_tokens AFTER DELETE ON public.users REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION orphan_refresh_tokens();
CREATE TRIGGER users_inserted AFTER INSERT ON public.users REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_users();
CREATE TRIGGER users_signed_in AFTER UPDATE OF last_login ON public.users FOR EACH ROW WHEN (((old.last_login / 86400000) IS DISTINCT FROM (new.last_login / 86400000))) EXECUTE FUNCTION move_active_user();

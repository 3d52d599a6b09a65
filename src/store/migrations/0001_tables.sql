-- Times are epoch milliseconds. Every key starts with the tenant.

create table tenants (
  id text primary key,                        -- the tenant's name
  url text not null,                          -- public origin, no trailing slash
  host text not null unique,                  -- host:port of the url, or host when the port is the default
  hostname text not null,
  settings jsonb not null,                    -- GET /api/v2/tenants/settings
  protection jsonb not null,                  -- sending limits and attack protection
  sealed_hash_key bytea not null,             -- keys the hashes of codes and numbers
  config_version bigint not null default 1,   -- rises with every change of settings, see bump_config_version
  created_at bigint not null
);
create index tenants_hostname on tenants (hostname);

create table signing_keys (
  tenant_id text not null references tenants on delete cascade,
  kid text not null,
  alg text not null,
  state text not null check (state in ('next', 'current', 'previous')),
  public_jwk jsonb not null,
  sealed_private_key bytea not null,
  created_at bigint not null,
  rotated_at bigint,
  primary key (tenant_id, kid)
);
create unique index signing_keys_current on signing_keys (tenant_id, alg) where state = 'current';

create table clients (
  tenant_id text not null references tenants on delete cascade,
  client_id text not null,
  name text not null,
  is_global boolean not null default false,
  is_first_party boolean not null default true,
  app_type text,
  sealed_secret bytea not null,
  document jsonb not null,                    -- every other member, as the wire has it
  created_at bigint not null,
  updated_at bigint not null,
  primary key (tenant_id, client_id)
);
create unique index clients_global on clients (tenant_id) where is_global;
create index clients_created on clients (tenant_id, created_at, client_id);

create table resource_servers (
  tenant_id text not null references tenants on delete cascade,
  id text not null,
  identifier text not null,
  is_system boolean not null default false,
  sealed_signing_secret bytea,
  document jsonb not null,
  created_at bigint not null,
  primary key (tenant_id, id),
  unique (tenant_id, identifier)
);

create table client_grants (
  tenant_id text not null,
  id text not null,
  client_id text not null,
  audience text not null,
  subject_type text not null,
  document jsonb not null,
  created_at bigint not null,
  primary key (tenant_id, id),
  unique (tenant_id, client_id, audience, subject_type),
  foreign key (tenant_id, client_id) references clients on delete cascade
);

create table connections (
  tenant_id text not null references tenants on delete cascade,
  id text not null,
  name text not null,
  strategy text not null,
  sealed_options bytea not null,              -- legacy options hold carrier secrets
  document jsonb not null,
  created_at bigint not null,
  primary key (tenant_id, id),
  unique (tenant_id, name)
);

create table connection_clients (
  tenant_id text not null,
  connection_id text not null,
  client_id text not null,
  position bigint not null,                   -- the order in which the caller named them
  primary key (tenant_id, connection_id, client_id),
  foreign key (tenant_id, connection_id) references connections on delete cascade,
  foreign key (tenant_id, client_id) references clients on delete cascade
);
create index connection_clients_client on connection_clients (tenant_id, client_id);

create table phone_providers (
  tenant_id text not null references tenants on delete cascade,
  id text not null,
  name text not null,
  disabled boolean not null,
  configuration jsonb not null,
  sealed_credentials bytea not null,
  sealed_previous_credentials bytea,          -- status callbacks signed with the former token, for a day
  credentials_changed_at bigint not null,
  created_at bigint not null,
  updated_at bigint not null,
  primary key (tenant_id, id)
);
create unique index phone_providers_one on phone_providers (tenant_id);

create table phone_templates (
  tenant_id text not null references tenants on delete cascade,
  id text not null,
  type text not null,
  disabled boolean not null,
  content jsonb not null,
  created_at bigint not null,
  updated_at bigint not null,
  primary key (tenant_id, id),
  unique (tenant_id, type)
);

create table users (
  tenant_id text not null,
  user_id text not null,                      -- sms|<24 hex>
  connection text not null,                   -- the connection's name
  phone_number text,
  email text,
  username text,
  phone_verified boolean,
  blocked boolean,
  profile jsonb not null,                     -- name, nickname, given_name, family_name, picture …
  user_metadata jsonb,
  app_metadata jsonb,
  logins_count bigint not null default 0,
  last_login bigint,
  last_ip text,
  created_at bigint not null,
  updated_at bigint not null,
  primary key (tenant_id, user_id)
) with (fillfactor = 85);
create unique index users_phone on users (tenant_id, connection, phone_number);
create index users_phone_any on users (tenant_id, phone_number);
create index users_email on users (tenant_id, email) where email is not null;
create index users_created on users (tenant_id, created_at, user_id);

-- How many users a tenant has, without counting them. One row per database session and tenant, so two
-- sign-ups at once do not wait for each other.
create table user_counts (
  tenant_id text not null,
  slot int not null,
  users bigint not null,
  primary key (tenant_id, slot)
) with (fillfactor = 50);

create function count_users() returns trigger language plpgsql as $$
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
end $$;
create trigger users_inserted after insert on users
  referencing new table as changed for each statement execute function count_users();
create trigger users_deleted after delete on users
  referencing old table as changed for each statement execute function count_users();

-- The newest code of a number and purpose, and the guesses left for it. One row, replaced by the next
-- start, so "newest only" needs no rule and a guess is counted and judged by one update.
create table challenges (
  tenant_id text not null,
  connection text not null,
  purpose text not null,
  recipient_hash bytea not null,
  code_hash bytea not null,
  attempts int not null default 0,            -- wrong guesses at this code
  consumed_at bigint,
  expires_at bigint not null,
  message_id text not null,
  client_id text not null,
  guesses double precision not null default 0,-- spent of the budget that a new code does not refill
  guessed_at bigint not null default 0,
  last_outcome text,                          -- what the last guess came to, see store/challenges.ts
  primary key (tenant_id, connection, purpose, recipient_hash)
) with (fillfactor = 70);
create index challenges_expired on challenges (expires_at);

create table messages (
  tenant_id text not null,
  id text not null,                           -- 22 hex digits, ordered by time
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
  sealed bytea,                               -- recipient, code and request; null once final
  attempts_count int not null default 0,
  attempts jsonb not null default '[]',
  history jsonb not null default '[]',
  possible_duplicate boolean not null default false,
  cause jsonb,
  provider_message_id text,
  callback_rank int not null default 0,
  lease_owner text,
  due_at bigint not null,                     -- next try when queued, end of the lease when sending
  created_at bigint not null,
  updated_at bigint not null,
  expires_at bigint not null,
  primary key (tenant_id, id)
) with (fillfactor = 80);
create index messages_due on messages (due_at) where state in ('queued', 'sending');
create index messages_sealed on messages (expires_at) where sealed is not null;
create index messages_recipient on messages (tenant_id, recipient_hash, id);

create table inbox_messages (
  tenant_id text not null references tenants on delete cascade,
  id text not null,
  sealed bytea not null,
  recipient_hash bytea not null,
  created_at bigint not null,
  primary key (tenant_id, id)
);

create table tenant_logs (
  tenant_id text not null,
  log_id text not null,                       -- 56 digits, ordered by time
  type text not null,
  date bigint not null,
  client_id text,
  user_id text,
  entry jsonb not null,
  primary key (tenant_id, log_id)
);
create index tenant_logs_user on tenant_logs (tenant_id, user_id, log_id) where user_id is not null;
create index tenant_logs_type on tenant_logs (tenant_id, type, log_id);

-- Token buckets. full_at is when the bucket would be full again: level and refill in one number.
create table limit_buckets (
  tenant_id text not null,
  key text not null,
  full_at double precision not null,
  window_ms double precision not null,
  primary key (tenant_id, key)
) with (fillfactor = 50);

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
  expires_at bigint not null,                 -- the earlier of idle and absolute end
  consumed_at bigint,
  primary key (tenant_id, token_hash)
);
create index refresh_tokens_family on refresh_tokens (tenant_id, family_id);
create index refresh_tokens_user on refresh_tokens (tenant_id, user_id, client_id, issued_at);
create index refresh_tokens_expired on refresh_tokens (expires_at);

-- Settings act with the next request in every process: each request compares the version it has cached
-- with this one, so no write may forget to raise it.
create function bump_config_version() returns trigger language plpgsql as $$
begin
  update tenants set config_version = config_version + 1
   where id in (select distinct tenant_id from changed);
  return null;
end $$;

create function bump_own_config_version() returns trigger language plpgsql as $$
begin
  if new.settings is distinct from old.settings or new.protection is distinct from old.protection
     or new.url is distinct from old.url or new.sealed_hash_key is distinct from old.sealed_hash_key then
    new.config_version := old.config_version + 1;
  end if;
  return new;
end $$;
create trigger tenants_changed before update on tenants
  for each row execute function bump_own_config_version();

do $$
declare
  watched text;
begin
  foreach watched in array array['signing_keys', 'clients', 'resource_servers', 'client_grants',
    'connections', 'connection_clients', 'phone_providers', 'phone_templates'] loop
    execute format('create trigger %1$s_inserted after insert on %1$s
      referencing new table as changed for each statement execute function bump_config_version()', watched);
    execute format('create trigger %1$s_updated after update on %1$s
      referencing new table as changed for each statement execute function bump_config_version()', watched);
    execute format('create trigger %1$s_deleted after delete on %1$s
      referencing old table as changed for each statement execute function bump_config_version()', watched);
  end loop;
end $$;

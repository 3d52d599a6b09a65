-- What oidc-provider keeps: sessions of browsers, requests that wait for a login, and codes. Ids are
-- bearer values: only their hash is here.
create table oidc_records (
  tenant_id text not null,
  model text not null,                        -- Session, Interaction, AuthorizationCode
  id_hash bytea not null,
  payload jsonb not null,                     -- the library's, without its id
  uid text,                                   -- of a session: its `sid` in tokens
  user_id text,
  client_id text,
  family_id text,                             -- of a code: the refresh tokens that it was exchanged for
  created_at bigint not null,
  expires_at bigint not null,
  consumed_at bigint,
  primary key (tenant_id, model, id_hash)
) with (fillfactor = 80);
create index oidc_records_user on oidc_records (tenant_id, user_id) where user_id is not null;
create index oidc_records_expired on oidc_records (expires_at);

-- Logins on the pages: what a `state` of them stands for, bound to the browser that began it.
create table logins (
  tenant_id text not null,
  state_hash bytea not null,
  browser_hash bytea not null,
  client_id text not null,
  request jsonb not null,                     -- what the application asked for, see oidc/login-request.ts
  user_id text,                               -- once the first factor was right
  connection text,                            -- of the first factor
  steps jsonb not null default '{}',          -- what the screens remember between two of them
  created_at bigint not null,
  expires_at bigint not null,
  primary key (tenant_id, state_hash)
) with (fillfactor = 70);
create index logins_expired on logins (expires_at);

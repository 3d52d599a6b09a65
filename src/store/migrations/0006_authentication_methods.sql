-- What a person proves itself with besides a first factor. One row for each device: the text and the call
-- to one number are one device. A recovery code is a row of its own.
create table authentication_methods (
  tenant_id text not null,
  id text not null,                           -- dev_ and 16 letters and digits
  user_id text not null,
  type text not null,                         -- phone, email, totp, recovery-code, webauthn-roaming, passkey
  confirmed boolean not null,
  name text,
  phone_number text,                          -- E.164
  email text,
  preferred text,                             -- sms or voice
  channels text[] not null default '{}',      -- of a phone: sms, voice
  sealed_secret bytea,                        -- of totp: the shared secret
  secret_hash bytea,                          -- of a recovery code
  last_step bigint,                           -- of totp: the newest time step whose code was used
  document jsonb not null default '{}',       -- of webauthn and passkeys: what the wire has
  created_at bigint not null,
  enrolled_at bigint,                         -- when the person confirmed it
  last_auth_at bigint,
  primary key (tenant_id, id),
  foreign key (tenant_id, user_id) references users on delete cascade
);
create index authentication_methods_user on authentication_methods (tenant_id, user_id, created_at, id);
create unique index authentication_methods_phone on authentication_methods (tenant_id, user_id, phone_number)
  where phone_number is not null;
create unique index authentication_methods_email on authentication_methods (tenant_id, user_id, email)
  where email is not null;
create unique index authentication_methods_recovery on authentication_methods (tenant_id, user_id)
  where type = 'recovery-code';

-- Links by which an administrator lets a person enrol. The ticket itself is a bearer value: only its hash.
create table enrollment_tickets (
  tenant_id text not null,
  ticket_hash bytea not null,
  user_id text not null,
  factor text,                                -- null: any that the tenant has enabled
  allow_multiple boolean not null,
  created_at bigint not null,
  expires_at bigint not null,
  used_at bigint,
  primary key (tenant_id, ticket_hash),
  foreign key (tenant_id, user_id) references users on delete cascade
);
create index enrollment_tickets_user on enrollment_tickets (tenant_id, user_id);
create index enrollment_tickets_expired on enrollment_tickets (expires_at);

-- Browsers that a person asked to remember, so that no second factor is asked of it there.
create table remembered_browsers (
  tenant_id text not null,
  token_hash bytea not null,
  user_id text not null,
  created_at bigint not null,
  expires_at bigint not null,
  primary key (tenant_id, token_hash),
  foreign key (tenant_id, user_id) references users on delete cascade
);
create index remembered_browsers_user on remembered_browsers (tenant_id, user_id);
create index remembered_browsers_expired on remembered_browsers (expires_at);

-- Grants that wait for a second factor: what an `mfa_token` stands for.
create table mfa_transactions (
  tenant_id text not null,
  token_hash bytea not null,
  user_id text not null,
  client_id text not null,
  request jsonb not null,                     -- the grant as it will go on, see domain/mfa-transactions.ts
  created_at bigint not null,
  expires_at bigint not null,
  completed_at bigint,
  primary key (tenant_id, token_hash),
  foreign key (tenant_id, user_id) references users on delete cascade
);
create index mfa_transactions_user on mfa_transactions (tenant_id, user_id);
create index mfa_transactions_expired on mfa_transactions (expires_at);

-- The newest second-factor code of a person, and the guesses left. One row, replaced by the next code and
-- locked by each guess: counting, judging and consuming is one update, whatever factor is guessed at.
create table mfa_challenges (
  tenant_id text not null,
  user_id text not null,
  handle_hash bytea,                          -- of the value by which its owner asks about this code
  method_id text,
  channel text,
  code_hash bytea,
  message_id text,
  client_id text,
  expires_at bigint not null default 0,
  consumed_at bigint,
  guesses double precision not null default 0,-- spent of the person's budget, which no new code refills
  guessed_at bigint not null default 0,
  recovery_guesses double precision not null default 0,
  recovery_guessed_at bigint not null default 0,
  last_outcome text,                          -- what the last guess came to, see store/mfa-challenges.ts
  primary key (tenant_id, user_id),
  foreign key (tenant_id, user_id) references users on delete cascade
) with (fillfactor = 70);

-- Passwords of people of database connections. Apart from `users`, so that no statement that reads a
-- person reads its hash.
create table user_passwords (
  tenant_id text not null,
  user_id text not null,
  password_hash text not null,                -- PHC string: algorithm, parameters, salt and hash
  changed_at bigint not null,
  former text[] not null default '{}',        -- hashes that may not come again, newest first
  primary key (tenant_id, user_id),
  foreign key (tenant_id, user_id) references users on delete cascade
);

-- Whether the address may not be another person's of the connection; false for people of phone
-- connections, whose number is what they are known by.
alter table users add column email_unique boolean not null default false;
create unique index users_email_unique on users (tenant_id, connection, email) where email_unique;
create unique index users_username on users (tenant_id, connection, username)
  where username is not null;

-- Which addresses an identifier is blocked for: the keys that begin with it.
create index limit_buckets_passwords on limit_buckets (tenant_id, key text_pattern_ops)
  where key like 'password:%';

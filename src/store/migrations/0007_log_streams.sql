-- The order in which entries became visible. Ids are made before their rows are committed, and by clocks
-- that differ, so an id can appear below one that was read already. The number of the writing transaction
-- cannot: below the oldest one that still runs, everything is there. See docs/decisions/0011.
alter table tenant_logs add column written_in xid8 not null default pg_current_xact_id();
create index tenant_logs_written on tenant_logs (tenant_id, written_in, log_id);

create table log_streams (
  tenant_id text not null references tenants on delete cascade,
  id text not null,                           -- lst_ and 16 digits
  name text not null,
  type text not null,
  status text not null check (status in ('active', 'paused', 'suspended')),
  is_priority boolean not null,
  filters jsonb not null,                     -- as sent; null when none were
  pii_config jsonb not null,                  -- null when none
  sealed_sink bytea not null,                 -- address, authorization, headers
  starts_after text not null,                 -- entries with ids up to this one are not for it
  read_xid xid8 not null,                     -- the last entry that was handed over, in the order of writing
  read_log_id text not null,
  lease_owner text,
  lease_until bigint not null default 0,
  retry_at bigint not null default 0,
  failures int not null default 0,            -- since the last success
  failing_since bigint,
  version int not null default 1,             -- rises with each change by an administrator
  created_at bigint not null,
  primary key (tenant_id, id)
);
create index log_streams_active on log_streams (retry_at) where status = 'active';

-- Sign-ins and sign-ups a day, counted from the log in the order of writing: everything below counted_to
-- is in the days, everything from there on is counted when asked.
create table daily_stats (
  tenant_id text not null,
  day bigint not null,                        -- since 1970, UTC
  logins bigint not null,
  signups bigint not null,
  leaked_passwords bigint not null,
  created_at bigint not null,
  updated_at bigint not null,
  primary key (tenant_id, day)
);
create table stats_progress (
  tenant_id text not null primary key references tenants on delete cascade,
  counted_to xid8 not null
);

-- How many users signed in last on each day: the users of a month are the sum of thirty rows. Slots as
-- in user_counts.
create table active_users (
  tenant_id text not null,
  day bigint not null,
  slot int not null,
  users bigint not null,
  primary key (tenant_id, day, slot)
) with (fillfactor = 50);

create function move_active_user() returns trigger language plpgsql as $$
begin
  insert into active_users (tenant_id, day, slot, users)
  select new.tenant_id, day, pg_backend_pid() % 64, change
    from (values (old.last_login / 86400000, -1), (new.last_login / 86400000, 1)) as moved (day, change)
   where day is not null order by day
  on conflict (tenant_id, day, slot) do update set users = active_users.users + excluded.users;
  return null;
end $$;
create trigger users_signed_in after update of last_login on users for each row
  when (old.last_login / 86400000 is distinct from new.last_login / 86400000)
  execute function move_active_user();

create function count_active_users() returns trigger language plpgsql as $$
begin
  insert into active_users (tenant_id, day, slot, users)
  select tenant_id, last_login / 86400000, pg_backend_pid() % 64,
         case tg_op when 'INSERT' then count(*) else -count(*) end
    from changed where last_login is not null group by 1, 2 order by 1, 2
  on conflict (tenant_id, day, slot) do update set users = active_users.users + excluded.users;
  return null;
end $$;
create trigger users_active_inserted after insert on users
  referencing new table as changed for each statement execute function count_active_users();
create trigger users_active_deleted after delete on users
  referencing old table as changed for each statement execute function count_active_users();

insert into active_users (tenant_id, day, slot, users)
select tenant_id, last_login / 86400000, 0, count(*) from users
 where last_login is not null group by 1, 2;

-- A key that was revoked signs nothing and is trusted by nobody; it stays listed.
alter table signing_keys add column revoked_at bigint;

-- Growing pauses between messages to a number nobody has proven to have.
create table phone_backoffs (
  tenant_id text not null,
  recipient_hash bytea not null,
  sent int not null,                          -- since the last success, or the last day of silence
  next_at bigint not null,
  last_at bigint not null,
  primary key (tenant_id, recipient_hash)
) with (fillfactor = 70);
create index phone_backoffs_last on phone_backoffs (last_at);

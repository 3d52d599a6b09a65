-- How many rotations lie before a token. Only the immediate predecessor of a family's newest token may
-- come twice, and two tokens of one millisecond have no other order.
alter table refresh_tokens add column generation int not null default 0;

-- A token outlives its user only to say so. Marked, not looked up: a user who is made again under the
-- same id must not get the tokens of the former one.
alter table refresh_tokens add column user_deleted boolean not null default false;

create function orphan_refresh_tokens() returns trigger language plpgsql as $$
begin
  update refresh_tokens set user_deleted = true
    from gone
   where refresh_tokens.tenant_id = gone.tenant_id and refresh_tokens.user_id = gone.user_id;
  return null;
end $$;
create trigger users_deleted_tokens after delete on users
  referencing old table as gone for each statement execute function orphan_refresh_tokens();

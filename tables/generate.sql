-- Writes tables/src/lib.rs from the catalogue of a migrated database: one line per line of the file.
-- Run by the test `tables_match_the_database`; with UPDATE_SNAPSHOTS=1 it rewrites the file.
with columns as (
  select c.relname, a.attname, a.attnum,
         case t.typname
           when 'uuid' then 'Uuid' when 'text' then 'Text' when 'varchar' then 'Text' when 'bpchar' then 'Text'
           when 'int2' then 'SmallInt' when 'int4' then 'Integer' when 'int8' then 'BigInt' when 'float8' then 'Double'
           when 'numeric' then 'Numeric' when 'bool' then 'Bool' when 'timestamptz' then 'Timestamptz'
           when 'date' then 'Date' when 'jsonb' then 'Jsonb' when 'bytea' then 'Binary' when 'inet' then 'Inet'
           when '_text' then 'Array<Text>' when '_float4' then 'Array<Float>' when 'tsvector' then null when 'varbit' then null
           else 'unknown_' || t.typname
         end as sql_type,
         a.attnotnull or col_description(c.oid, a.attnum) = 'Never null.' as attnotnull,
         case when a.attname in ('type', 'abstract', 'move', 'use', 'where') then a.attname || '_' else a.attname end as rust_name
    from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    join pg_type t on t.oid = a.atttypid
   where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v') and not c.relispartition
     and c.relname not in ('__diesel_schema_migrations', 'changes')
), tables as (
  select relname,
         (select string_agg(a.attname, ', ' order by k.n)
            from pg_constraint p cross join unnest(p.conkey) with ordinality k(attnum, n)
            join pg_attribute a on a.attrelid = p.conrelid and a.attnum = k.attnum
           where p.contype = 'p' and p.conrelid = format('public.%I', relname)::regclass) as key,
         string_agg(
           case when rust_name <> attname then '        #[sql_name = "' || attname || '"]' || chr(10) else '' end
             || '        ' || rust_name || ' -> ' || case when attnotnull then sql_type else 'Nullable<' || sql_type || '>' end || ',',
           chr(10) order by attnum) filter (where sql_type is not null and attname not like '%\_folded') as body
    from columns group by relname
)
select '//! Diesel''s view of the tables. Generated from the migrations by `tables/generate.sql`; do not edit.' || chr(10)
    || string_agg(chr(10) || 'diesel::table! {' || chr(10) || '    ' || relname || ' (' || coalesce(key, 'tenant_id, id') || ') {' || chr(10) || body
                  || chr(10) || '    }' || chr(10) || '}' || chr(10), '' order by relname)
  from tables;

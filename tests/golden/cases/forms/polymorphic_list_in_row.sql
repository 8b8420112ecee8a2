SELECT
  COUNT(*) AS "count"
FROM "crm"."people" AS "c"
WHERE
  "c"."account_id" = CAST(%(p1)s AS BIGINT)
  AND "c"."discarded_at" IS NULL
  AND EXISTS(
    SELECT
      1
    FROM "crm"."custom_values" AS "v"
    WHERE
      "v"."customized_id" = "c"."id"
      AND "v"."customized_type" = 'Person'
      AND "v"."custom_field_id" = CAST(%(p2)s AS BIGINT)
      AND CASE
        WHEN CAST("v"."string_value" AS TEXT) ~ '^[ \t\n\r]*\[[ \t\n\r]*("([^"\\\x01-\x1f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*"[ \t\n\r]*(,[ \t\n\r]*"([^"\\\x01-\x1f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*"[ \t\n\r]*)*)?\][ \t\n\r]*$'
        AND (
          STRPOS(CAST("v"."string_value" AS TEXT), '\u') = 0
          OR NOT REGEXP_REPLACE(
            REPLACE(CAST("v"."string_value" AS TEXT), '\\', '/'),
            '\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}',
            '',
            'g'
          ) ~ '\\u(0000|[dD][89a-fA-F])'
        )
        THEN CAST(CAST("v"."string_value" AS TEXT) AS JSONB)
      END ?| CAST(%(p3)s AS TEXT[])
  )

-- p1 bigint 7
-- p2 bigint 25
-- p3 text[] ["a"]

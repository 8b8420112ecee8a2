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
      AND "v"."custom_field_id" = CAST(%(p4)s AS BIGINT)
      AND "v"."date_value" > CAST(%(p2)s AS DATE)
      AND "v"."date_value" <= CAST(%(p3)s AS DATE)
  )

-- p1 bigint 7
-- p2 date "2026-03-10"
-- p3 date "2026-04-09"
-- p4 bigint 23

SELECT
  COUNT(*) AS "count"
FROM "subscribers" AS "c"
LEFT JOIN (
  SELECT
    "f"."subscriber",
    MAX("f"."value") FILTER(WHERE
      "f"."attribute" = CAST(%(p1)s AS UUID)) AS "text_1",
    MAX("f"."value") FILTER(WHERE
      "f"."attribute" = CAST(%(p3)s AS UUID)) AS "text_3",
    MAX("f"."value") FILTER(WHERE
      "f"."attribute" = CAST(%(p5)s AS UUID)) AS "text_5",
    MAX("f"."value") FILTER(WHERE
      "f"."attribute" = CAST(%(p7)s AS UUID)) AS "text_7",
    MAX("f"."value") FILTER(WHERE
      "f"."attribute" = CAST(%(p9)s AS UUID)) AS "text_9"
  FROM "subscriber_values" AS "f"
  WHERE
    "f"."attribute" IN (
      CAST(%(p1)s AS UUID),
      CAST(%(p3)s AS UUID),
      CAST(%(p5)s AS UUID),
      CAST(%(p7)s AS UUID),
      CAST(%(p9)s AS UUID)
    )
  GROUP BY
    "f"."subscriber"
) AS "f"
  ON "f"."subscriber" = "c"."uuid"
WHERE
  (
    CASE
      WHEN LENGTH(CAST("f"."text_1" AS TEXT)) <= 1000
      AND CAST("f"."text_1" AS TEXT) ~ '^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?0*[0-9]{1,4})?$'
      THEN CAST(CAST("f"."text_1" AS TEXT) AS DECIMAL)
    END = CAST(%(p2)s AS DECIMAL)
    OR CASE
      WHEN CAST("f"."text_3" AS TEXT) IN ('true', 'false')
      THEN CAST(CAST("f"."text_3" AS TEXT) AS BOOLEAN)
    END = CAST(%(p4)s AS BOOLEAN)
    OR (
      (
        CAST("f"."text_5" AS TEXT)
      ) COLLATE "C" > CAST(%(p6)s AS TEXT)
      AND CAST("f"."text_5" AS TEXT) ~ '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$'
    )
    OR (
      CASE
        WHEN CAST("f"."text_7" AS TEXT) ~ '^[ \t\n\r]*\[[ \t\n\r]*("([^"\\\x01-\x1f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*"[ \t\n\r]*(,[ \t\n\r]*"([^"\\\x01-\x1f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*"[ \t\n\r]*)*)?\][ \t\n\r]*$'
        AND (
          STRPOS(CAST("f"."text_7" AS TEXT), '\u') = 0
          OR NOT REGEXP_REPLACE(
            REPLACE(CAST("f"."text_7" AS TEXT), '\\', '/'),
            '\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}',
            '',
            'g'
          ) ~ '\\u(0000|[dD][89a-fA-F])'
        )
        THEN CAST(CAST("f"."text_7" AS TEXT) AS JSONB)
      END @> TO_JSONB(CAST(%(p8)s AS TEXT[]))
      AND TO_JSONB(CAST(%(p8)s AS TEXT[])) @> CASE
        WHEN CAST("f"."text_7" AS TEXT) ~ '^[ \t\n\r]*\[[ \t\n\r]*("([^"\\\x01-\x1f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*"[ \t\n\r]*(,[ \t\n\r]*"([^"\\\x01-\x1f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*"[ \t\n\r]*)*)?\][ \t\n\r]*$'
        AND (
          STRPOS(CAST("f"."text_7" AS TEXT), '\u') = 0
          OR NOT REGEXP_REPLACE(
            REPLACE(CAST("f"."text_7" AS TEXT), '\\', '/'),
            '\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}',
            '',
            'g'
          ) ~ '\\u(0000|[dD][89a-fA-F])'
        )
        THEN CAST(CAST("f"."text_7" AS TEXT) AS JSONB)
      END
    )
    OR "f"."text_9" IS NOT NULL
  )

-- p1 uuid "a8be3b36-a0a6-5b31-bf7f-8733bac0954a"
-- p2 numeric 3
-- p3 uuid "d07d5c89-f3fd-594a-9c57-a7d616a7d05e"
-- p4 boolean true
-- p5 uuid "4f2caf2d-11b2-5d09-a582-0ea557ca7d61"
-- p6 text "2000-01-01"
-- p7 uuid "a5389ffd-3a26-5eae-8216-c0b3528dd91f"
-- p8 text[] ["a", "b"]
-- p9 uuid "6a28ea1d-107f-5116-a68a-d8a45593b099"

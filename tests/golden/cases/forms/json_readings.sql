SELECT
  COUNT(*) AS "count"
FROM "actors" AS "c"
WHERE
  "c"."tenant" = CAST(%(p1)s AS UUID)
  AND CASE
    WHEN JSON_TYPEOF(
      CASE
        WHEN STRPOS(CAST("c"."properties" AS TEXT), '\u') = 0
        OR NOT REGEXP_REPLACE(
          REPLACE(CAST("c"."properties" AS TEXT), '\\', '/'),
          '\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}',
          '',
          'g'
        ) ~ '\\u(0000|[dD][89a-fA-F])'
        THEN "c"."properties"
      END -> 'custom' -> 'nickname'
    ) IN ('string', 'boolean')
    THEN CASE
      WHEN STRPOS(CAST("c"."properties" AS TEXT), '\u') = 0
      OR NOT REGEXP_REPLACE(
        REPLACE(CAST("c"."properties" AS TEXT), '\\', '/'),
        '\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}',
        '',
        'g'
      ) ~ '\\u(0000|[dD][89a-fA-F])'
      THEN "c"."properties"
    END -> 'custom' ->> 'nickname'
    WHEN JSON_TYPEOF(
      CASE
        WHEN STRPOS(CAST("c"."properties" AS TEXT), '\u') = 0
        OR NOT REGEXP_REPLACE(
          REPLACE(CAST("c"."properties" AS TEXT), '\\', '/'),
          '\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}',
          '',
          'g'
        ) ~ '\\u(0000|[dD][89a-fA-F])'
        THEN "c"."properties"
      END -> 'custom' -> 'nickname'
    ) = 'number'
    THEN CAST(CASE
      WHEN LENGTH(
        CASE
          WHEN STRPOS(CAST("c"."properties" AS TEXT), '\u') = 0
          OR NOT REGEXP_REPLACE(
            REPLACE(CAST("c"."properties" AS TEXT), '\\', '/'),
            '\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}',
            '',
            'g'
          ) ~ '\\u(0000|[dD][89a-fA-F])'
          THEN "c"."properties"
        END -> 'custom' ->> 'nickname'
      ) <= 1000
      AND CASE
        WHEN STRPOS(CAST("c"."properties" AS TEXT), '\u') = 0
        OR NOT REGEXP_REPLACE(
          REPLACE(CAST("c"."properties" AS TEXT), '\\', '/'),
          '\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}',
          '',
          'g'
        ) ~ '\\u(0000|[dD][89a-fA-F])'
        THEN "c"."properties"
      END -> 'custom' ->> 'nickname' ~ '^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?0*[0-9]{1,4})?$'
      THEN CAST(CASE
        WHEN STRPOS(CAST("c"."properties" AS TEXT), '\u') = 0
        OR NOT REGEXP_REPLACE(
          REPLACE(CAST("c"."properties" AS TEXT), '\\', '/'),
          '\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}',
          '',
          'g'
        ) ~ '\\u(0000|[dD][89a-fA-F])'
        THEN "c"."properties"
      END -> 'custom' ->> 'nickname' AS DECIMAL)
    END AS TEXT)
  END = CAST(%(p2)s AS TEXT)
  AND CASE
    WHEN JSON_TYPEOF(
      CASE
        WHEN STRPOS(CAST("c"."properties" AS TEXT), '\u') = 0
        OR NOT REGEXP_REPLACE(
          REPLACE(CAST("c"."properties" AS TEXT), '\\', '/'),
          '\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}',
          '',
          'g'
        ) ~ '\\u(0000|[dD][89a-fA-F])'
        THEN "c"."properties"
      END -> 'custom' -> 'score'
    ) = 'number'
    THEN CASE
      WHEN LENGTH(
        CASE
          WHEN STRPOS(CAST("c"."properties" AS TEXT), '\u') = 0
          OR NOT REGEXP_REPLACE(
            REPLACE(CAST("c"."properties" AS TEXT), '\\', '/'),
            '\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}',
            '',
            'g'
          ) ~ '\\u(0000|[dD][89a-fA-F])'
          THEN "c"."properties"
        END -> 'custom' ->> 'score'
      ) <= 1000
      AND CASE
        WHEN STRPOS(CAST("c"."properties" AS TEXT), '\u') = 0
        OR NOT REGEXP_REPLACE(
          REPLACE(CAST("c"."properties" AS TEXT), '\\', '/'),
          '\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}',
          '',
          'g'
        ) ~ '\\u(0000|[dD][89a-fA-F])'
        THEN "c"."properties"
      END -> 'custom' ->> 'score' ~ '^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?0*[0-9]{1,4})?$'
      THEN CAST(CASE
        WHEN STRPOS(CAST("c"."properties" AS TEXT), '\u') = 0
        OR NOT REGEXP_REPLACE(
          REPLACE(CAST("c"."properties" AS TEXT), '\\', '/'),
          '\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}',
          '',
          'g'
        ) ~ '\\u(0000|[dD][89a-fA-F])'
        THEN "c"."properties"
      END -> 'custom' ->> 'score' AS DECIMAL)
    END
  END > CAST(%(p3)s AS DECIMAL)
  AND CASE
    WHEN JSON_TYPEOF(
      CASE
        WHEN STRPOS(CAST("c"."properties" AS TEXT), '\u') = 0
        OR NOT REGEXP_REPLACE(
          REPLACE(CAST("c"."properties" AS TEXT), '\\', '/'),
          '\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}',
          '',
          'g'
        ) ~ '\\u(0000|[dD][89a-fA-F])'
        THEN "c"."properties"
      END -> 'custom' -> 'vip'
    ) = 'boolean'
    THEN CAST(CASE
      WHEN STRPOS(CAST("c"."properties" AS TEXT), '\u') = 0
      OR NOT REGEXP_REPLACE(
        REPLACE(CAST("c"."properties" AS TEXT), '\\', '/'),
        '\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}',
        '',
        'g'
      ) ~ '\\u(0000|[dD][89a-fA-F])'
      THEN "c"."properties"
    END -> 'custom' ->> 'vip' AS BOOLEAN)
  END = CAST(%(p4)s AS BOOLEAN)
  AND (
    (
      CASE
        WHEN STRPOS(CAST("c"."properties" AS TEXT), '\u') = 0
        OR NOT REGEXP_REPLACE(
          REPLACE(CAST("c"."properties" AS TEXT), '\\', '/'),
          '\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}',
          '',
          'g'
        ) ~ '\\u(0000|[dD][89a-fA-F])'
        THEN "c"."properties"
      END -> 'custom' ->> 'birthday'
    ) COLLATE "C" < CAST(%(p5)s AS TEXT)
    AND JSON_TYPEOF(
      CASE
        WHEN STRPOS(CAST("c"."properties" AS TEXT), '\u') = 0
        OR NOT REGEXP_REPLACE(
          REPLACE(CAST("c"."properties" AS TEXT), '\\', '/'),
          '\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}',
          '',
          'g'
        ) ~ '\\u(0000|[dD][89a-fA-F])'
        THEN "c"."properties"
      END -> 'custom' -> 'birthday'
    ) = 'string'
    AND CASE
      WHEN STRPOS(CAST("c"."properties" AS TEXT), '\u') = 0
      OR NOT REGEXP_REPLACE(
        REPLACE(CAST("c"."properties" AS TEXT), '\\', '/'),
        '\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}',
        '',
        'g'
      ) ~ '\\u(0000|[dD][89a-fA-F])'
      THEN "c"."properties"
    END -> 'custom' ->> 'birthday' ~ '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$'
  )

-- p1 uuid "95a6938b-0154-56bd-b071-85df337704fb"
-- p2 text "x"
-- p3 numeric 3
-- p4 boolean true
-- p5 text "2000-01-01"

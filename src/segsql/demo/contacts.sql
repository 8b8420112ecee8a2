-- The demo's data: three workspaces and their contacts, made by the server out of nothing but numbers. Everything is drawn
-- from a hash of the contact's number, so that every run makes the same people; only the dates move along, as
-- they are told from now(). The setting segsql.demo_contacts says how many living contacts there are.

CREATE TEMPORARY TABLE demo_region ON COMMIT DROP AS
SELECT * FROM (VALUES
    (1, 'Harbor Coffee', 'America/New_York', 0.70,
        '{Olivia,Liam,Emma,Noah,Ava,Ethan,Sophia,Mason,Isabella,Logan,Mia,Lucas,Charlotte,Jackson,Amelia,Aiden,Harper,Elijah,
          Evelyn,James,Abigail,Benjamin,Emily,Samuel,Ella,Daniel,Grace,Henry,Chloe,Owen,Zoe,Caleb,Nora,Isaac,Hazel,Julian,
          Maya,Gabriel,Ruby,Miles,Camila,Mateo,Aaliyah,Darius,Priya,Andre}'::text[],
        '{Smith,Johnson,Williams,Brown,Jones,Garcia,Miller,Davis,Rodriguez,Martinez,Hernandez,Lopez,Wilson,Anderson,Thomas,
          Taylor,Moore,Jackson,Martin,Lee,Perez,Thompson,White,Harris,Sanchez,Clark,Ramirez,Lewis,Robinson,Walker,Young,
          Allen,King,Wright,Scott,Torres,Nguyen,Hill,Flores,Green,Adams,Nelson,Baker,Hall,Rivera,Campbell,Mitchell,Carter,
          Roberts,Patel,Murphy,Brooks}'::text[],
        '{US,US,US,US,US,US,US,US,US,US,US,US,US,US,CA,CA,CA,CA,GB,GB,AU,MX}'::text[]),
    (2, 'Alpenglow Outdoor', 'Europe/Berlin', 0.25,
        '{Anna,Ben,Emilia,Paul,Lena,Jonas,Marie,Felix,Sophie,Leon,Clara,Lukas,Hannah,Maximilian,Lea,Elias,Johanna,Finn,Mila,
          Jakob,Charlotte,Moritz,Greta,Anton,Frieda,Oskar,Ida,Theo,Katharina,Sebastian,Ayşe,Mehmet,Giulia,Luca,Chloé,Mathieu,
          Zofia,Piotr,Jürgen,Käthe}'::text[],
        '{Müller,Schmidt,Schneider,Fischer,Weber,Meyer,Wagner,Becker,Schulz,Hoffmann,Schäfer,Koch,Bauer,Richter,Klein,Wolf,
          Schröder,Neumann,Schwarz,Zimmermann,Braun,Krüger,Hofmann,Hartmann,Lange,Krause,Lehmann,Köhler,Maier,Huber,Gruber,
          Steiner,Moser,Keller,Brunner,Yılmaz,Rossi,Dubois,Kowalski,Novak}'::text[],
        '{DE,DE,DE,DE,DE,DE,DE,DE,DE,DE,DE,AT,AT,AT,CH,CH,FR,IT,NL,PL}'::text[]),
    (3, 'Kumo Studio', 'Asia/Tokyo', 0.05,
        '{Haruto,Yui,Sota,Hina,Ren,Sakura,Yuto,Aoi,Minato,Mei,Riku,Rin,Kaito,Akari,Daiki,Hana,Kenji,Misaki,Takumi,Nanami,Shota,
          Kaori,Hiroshi,Emi}'::text[],
        '{Sato,Suzuki,Takahashi,Tanaka,Watanabe,Ito,Yamamoto,Nakamura,Kobayashi,Kato,Yoshida,Yamada,Sasaki,Yamaguchi,Matsumoto,
          Inoue,Kimura,Hayashi,Shimizu,Mori,Abe,Ikeda,Hashimoto,Ogawa}'::text[],
        '{JP,JP,JP,JP,JP,JP,JP,JP,JP,JP,KR,TW,SG,US}'::text[])
) AS region (id, name, timezone, share, first_names, last_names, countries);

-- A number from 0 to 1 that depends on the contact and on what it is for, and the member of a list that it points at.
CREATE FUNCTION pg_temp.draw(contact bigint, purpose bigint) RETURNS float8 LANGUAGE sql IMMUTABLE
AS 'SELECT (hashint8extended(contact, purpose) & 9007199254740991) / 9007199254740992.0::float8';

CREATE FUNCTION pg_temp.pick(list text[], drawn float8) RETURNS text LANGUAGE sql IMMUTABLE
AS 'SELECT list[1 + floor(drawn * cardinality(list))::int]';

INSERT INTO workspaces (id, name, timezone) SELECT id, name, timezone FROM demo_region;
SELECT declare_builtin_fields(id) FROM workspaces;

INSERT INTO contact_fields (workspace_id, id, key, name, type, options)
SELECT w.id, f.* FROM workspaces w CROSS JOIN (VALUES
    (13, 'plan', 'Plan', 'DROPDOWN_SINGLE', '["free", "starter", "pro", "team"]'::jsonb),
    (14, 'lifetime_value', 'Lifetime value', 'NUMBER', NULL),
    (15, 'birthday', 'Birthday', 'DATE', NULL),
    (16, 'interests', 'Interests', 'DROPDOWN_MULTIPLE', '["espresso", "brewing", "hiking", "climbing", "travel", "design"]'),
    (17, 'marketing_consent', 'Marketing consent', 'BOOLEAN', NULL),
    (18, 'company', 'Company', 'TEXT', NULL),
    (19, 'billing_country', 'Billing country', 'COUNTRY', NULL)
) AS f (id, key, name, type, options);

-- How often a tag is given: to a contact without any loyalty, and what full loyalty adds.
CREATE TEMPORARY TABLE demo_tag ON COMMIT DROP AS
SELECT * FROM (VALUES
    (1, 'VIP', -0.10, 0.22),
    (2, 'Newsletter', 0.40, 0.40),
    (3, 'Trial', 0.18, -0.12),
    (4, 'Churn-risk', 0.16, -0.16),
    (5, 'Wholesale', 0.03, 0.03),
    (6, 'Event guest', 0.04, 0.14)
) AS tag (id, name, base, added);

INSERT INTO tags (workspace_id, id, name) SELECT w.id, t.id, t.name FROM workspaces w CROSS JOIN demo_tag t;

-- One row a person. On top of the living there is one deleted contact in a hundred, who must not be counted.
CREATE TEMPORARY TABLE demo_person ON COMMIT DROP AS
SELECT p.*,
    row_number() OVER (PARTITION BY workspace_id, first_name, last_name ORDER BY id) AS namesake,
    now() - aged AS created_at
FROM (
    SELECT r.id AS workspace_id, n AS id, n > living AS is_deleted, seed,
        pg_temp.pick(r.first_names, pg_temp.draw(seed, 1)) AS first_name,
        pg_temp.pick(r.last_names, pg_temp.draw(seed, 2)) AS last_name,
        CASE WHEN pg_temp.draw(seed, 3) < 0.97 THEN pg_temp.pick(r.countries, pg_temp.draw(seed, 4)) END AS country,
        pg_temp.draw(seed, 5) AS loyalty,
        power(pg_temp.draw(seed, 6), 1.2) * interval '730 days' AS aged
    FROM (
        SELECT r.*, CASE r.id
            WHEN 1 THEN size - floor(size * 0.25)::bigint - floor(size * 0.05)::bigint
            ELSE floor(size * r.share)::bigint
        END AS living
        FROM demo_region r CROSS JOIN (SELECT current_setting('segsql.demo_contacts')::bigint) AS s (size)
    ) r
    CROSS JOIN LATERAL generate_series(1, living + living / 100) AS n
    CROSS JOIN LATERAL (SELECT r.id * 1000000000::bigint + n) AS s (seed)
) p;

INSERT INTO contacts (
    workspace_id, id, email, status, first_name, last_name, country, fields, created_at, updated_at, deleted_at
)
SELECT workspace_id, id,
    CASE
        WHEN workspace_id = 1 AND id = 1 THEN 'test@example.com'
        WHEN pg_temp.draw(seed, 10) < 0.98 THEN
            translate(lower(first_name || '.' || last_name), 'äöüéşı', 'aouesi')
            || CASE WHEN namesake > 1 THEN namesake::text ELSE '' END
            || pg_temp.pick('{@example.com,@example.com,@example.com,@example.org,@example.net}', pg_temp.draw(seed, 11))
    END,
    CASE
        WHEN drawn_status < 0.05 THEN 'bounced'
        WHEN drawn_status < 0.08 THEN 'pending'
        WHEN drawn_status < 0.24 - 0.14 * loyalty THEN 'unsubscribed'
        ELSE 'subscribed'
    END,
    first_name, last_name, country,
    jsonb_strip_nulls(jsonb_build_object(
        'plan', CASE
            WHEN drawn_plan < 0.45 THEN 'free'
            WHEN drawn_plan < 0.72 THEN 'starter'
            WHEN drawn_plan < 0.88 THEN 'pro'
            WHEN drawn_plan < 0.95 THEN 'team'
        END,
        'lifetime_value', CASE WHEN drawn_plan >= 0.35 THEN
            round((4 + 2600 * power(pg_temp.draw(seed, 13), 4) * (0.2 + loyalty))::numeric, 2)
        END,
        'birthday', CASE WHEN pg_temp.draw(seed, 14) < 0.6 THEN
            to_char(now() - interval '18 years' - pg_temp.draw(seed, 15) * interval '57 years', 'YYYY-MM-DD')
        END,
        'interests', CASE WHEN pg_temp.draw(seed, 16) < 0.7 THEN to_jsonb(array_remove(ARRAY[
            CASE WHEN pg_temp.draw(seed, 17) < CASE workspace_id WHEN 1 THEN 0.7 ELSE 0.2 END THEN 'espresso' END,
            CASE WHEN pg_temp.draw(seed, 18) < CASE workspace_id WHEN 1 THEN 0.5 ELSE 0.1 END THEN 'brewing' END,
            CASE WHEN pg_temp.draw(seed, 19) < CASE workspace_id WHEN 2 THEN 0.6 ELSE 0.2 END THEN 'hiking' END,
            CASE WHEN pg_temp.draw(seed, 20) < CASE workspace_id WHEN 2 THEN 0.3 ELSE 0.05 END THEN 'climbing' END,
            CASE WHEN pg_temp.draw(seed, 21) < 0.3 THEN 'travel' END,
            CASE WHEN pg_temp.draw(seed, 22) < CASE workspace_id WHEN 3 THEN 0.8 ELSE 0.1 END THEN 'design' END
        ], NULL)) END,
        'marketing_consent', CASE WHEN pg_temp.draw(seed, 23) < 0.9 THEN pg_temp.draw(seed, 24) < 0.8 END,
        'company', CASE WHEN pg_temp.draw(seed, 25) < 0.25 THEN
            last_name || ' ' || pg_temp.pick('{Group,Studio,"& Partners",Labs,Trading,Works}', pg_temp.draw(seed, 26))
        END,
        'billing_country', CASE WHEN drawn_plan >= 0.6 THEN country END,
        'utm_source', CASE WHEN pg_temp.draw(seed, 27) < 0.75 THEN
            pg_temp.pick('{google,google,google,instagram,instagram,newsletter,partner,podcast}', pg_temp.draw(seed, 28))
        END,
        'referrals', CASE WHEN pg_temp.draw(seed, 29) < 0.3 THEN floor(8 * power(pg_temp.draw(seed, 30), 3))::int END
    )),
    created_at,
    created_at + pg_temp.draw(seed, 31) * aged,
    CASE WHEN is_deleted THEN created_at + pg_temp.draw(seed, 32) * aged END
FROM demo_person
CROSS JOIN LATERAL (
    SELECT pg_temp.draw(seed, 12), 0.75 * pg_temp.draw(seed, 9) + 0.25 * loyalty
) AS drawn (drawn_status, drawn_plan);

INSERT INTO contact_tags (workspace_id, contact_id, tag_id, created_at)
SELECT p.workspace_id, p.id, t.id, p.created_at + pg_temp.draw(p.seed, 50 + t.id) * p.aged
FROM demo_person p CROSS JOIN demo_tag t
WHERE pg_temp.draw(p.seed, 40 + t.id) < t.base + t.added * p.loyalty;

-- One campaign a week since the contact came, less what was skipped. A third never opens anything, most open
-- little, and the loyal much and recently.
INSERT INTO contact_activity (
    workspace_id, contact_id, delivered_count, opens_count, clicks_count, last_open_at, last_click_at
)
SELECT workspace_id, id, delivered, opens, clicks,
    CASE WHEN opens > 0 THEN last_open_at END,
    CASE WHEN clicks > 0 THEN last_open_at - pg_temp.draw(seed, 66) * (last_open_at - created_at) END
FROM demo_person
CROSS JOIN LATERAL (
    SELECT floor(extract(epoch FROM aged) / 604800 * (0.5 + 0.5 * pg_temp.draw(seed, 61)))::bigint
) AS d (delivered)
CROSS JOIN LATERAL (
    SELECT CASE WHEN pg_temp.draw(seed, 62) < 0.42 - 0.3 * loyalty THEN 0
        ELSE round(delivered * power(0.6 * loyalty + 0.4 * pg_temp.draw(seed, 63), 1.7))::bigint END
) AS o (opens)
CROSS JOIN LATERAL (SELECT floor(opens * power(pg_temp.draw(seed, 64), 3))::bigint) AS c (clicks)
CROSS JOIN LATERAL (SELECT now() - power(pg_temp.draw(seed, 65), 1 + 5 * loyalty) * aged) AS l (last_open_at)
WHERE delivered > 0;

ANALYZE;

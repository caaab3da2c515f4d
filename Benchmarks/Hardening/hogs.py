"""Statements that ran for ever once, or for much longer than anything should: the kinds, one or two of each.

They need the table `hogs` of `SETUP`. What has become fast since is fine; it must only not come back.
"""

ROWS = 20_000

SETUP = (
    "CREATE TABLE IF NOT EXISTS hogs (id int PRIMARY KEY, same text, few int)",
    "INSERT INTO hogs SELECT i, repeat('v', 100), i % 100 FROM generate_series(1, {rows}) i ON CONFLICT DO NOTHING"
    .format(rows=ROWS),
)


def _doubling(depth):
    """Each name is used twice by the next: the text grows by a line, what it stands for doubles."""
    steps = ", ".join("a%d AS (SELECT p.x FROM a%d p, a%d q)" % (n, n - 1, n - 1) for n in range(1, depth))
    return "WITH a0 AS (SELECT 1 x), %s SELECT count(*) FROM a%d" % (steps, depth - 1)


def _cross(tables):
    values = "(VALUES (1), (2), (3), (4), (5), (6), (7), (8))"
    return "SELECT count(*) FROM " + ", ".join("%s t%d(a)" % (values, n) for n in range(tables))


STATEMENTS = {
    # Searching text
    "position": "SELECT position(repeat('a', 500000) || 'b' IN repeat('a', 5000000))",
    "strpos": "SELECT strpos(repeat('a', 4000000), repeat('a', 2000000) || 'b')",
    "replace": "SELECT length(replace(repeat('a', 2000000), repeat('a', 1000000) || 'b', 'x'))",
    "split_part": "SELECT split_part(repeat('a', 2000000), repeat('a', 1000000) || 'b', 2)",
    "trim set": "SELECT length(btrim(repeat('z', 200000), repeat('a', 1000000) || 'z'))",
    "translate": "SELECT length(translate(repeat('z', 3000000), repeat('a', 1000000), repeat('b', 1000000)))",
    # Patterns
    "like": "SELECT repeat('a', 10000000) LIKE '" + "%a" * 5000 + "b'",
    "ilike": "SELECT repeat('A', 1000000) ILIKE '" + "%a_" * 5000 + "b'",
    "like any character": "SELECT repeat('a', 1000000) LIKE '%" + "_a" * 10000 + "b%'",
    "regular expression": "SELECT repeat('ab', 1000000) ~ '(.*)(.*)(.*)(.*)(.*)x'",
    "replaced references": "SELECT length(regexp_replace(repeat('a', 1000000), 'a', repeat('\\&', 1000), 'g'))",
    # Whole texts
    "capitals": "SELECT length(initcap(repeat('éa ', 5000000)))",
    "padding": "SELECT length(lpad('x', 50000000, 'ab'))",
    "quoting": "SELECT length(quote_ident(repeat('\"', 10000000)))",
    "encoding": "SELECT length(encode(repeat('x', 50000000)::bytea, 'escape'))",
    "digests": "SELECT max(md5(repeat(same, 10000))) FROM hogs",
    # Numbers
    "roots": "SELECT sum(sqrt(repeat('2', 1000)::numeric + id)) FROM hogs",
    "sum of long numbers": "SELECT length(sum(repeat('9', 100000)::numeric * id)::text) FROM hogs",
    # Windows
    "moving frame": "SELECT max(x) FROM (SELECT max(same) OVER (ORDER BY id ROWS BETWEEN 10000 PRECEDING AND 10000 "
    "FOLLOWING) x FROM hogs) y",
    "peers": "SELECT max(x) FROM (SELECT sum(id) OVER (ORDER BY same) x FROM hogs) y",
    "growing aggregate": "SELECT max(length(x)) FROM (SELECT string_agg(same, '') OVER (ORDER BY id) x FROM hogs) y",
    "many windows": "SELECT " + ", ".join("sum(id) OVER (ORDER BY few, id + %d)" % n for n in range(300)) + " FROM hogs",
    # Joins, sorts, groups
    "cross join": _cross(12),
    "join without index": "SELECT count(*) FROM hogs a WHERE EXISTS (SELECT 1 FROM hogs b WHERE b.same = a.same AND "
    "b.few = a.few + 1000)",
    "compared with all": "SELECT count(*) FROM hogs a WHERE a.id > ALL (SELECT b.id FROM hogs b)",
    "sort": "SELECT i FROM generate_series(1, 3000000) i ORDER BY -i LIMIT 1",
    "endless series": "SELECT count(*) FROM (SELECT i % 7, count(*) FROM generate_series(1, 1000000000000) i GROUP BY 1) x",
    "alternatives of a row": "SELECT sum(CASE " + " ".join("WHEN few = %d THEN %d" % (-n, n) for n in range(1, 20000))
    + " ELSE 0 END) FROM hogs",
    # Parsing and planning
    "pairs in a list": "SELECT count(*) FROM hogs WHERE (id, few) IN (" + ",".join("(%d,1)" % n for n in range(100000)) + ")",
    "ranges of a key": "SELECT count(*) FROM hogs WHERE "
    + " OR ".join("(id > %d AND id < %d)" % (n, n + 2) for n in range(50000)),
    "doubling": _doubling(30),
}

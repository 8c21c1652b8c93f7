-- Stemmed search without stop words. The stock `english` configuration needs a stop-word file that the embedded server
-- does not have, and stop words are wrong for code: `for`, `if` and `the` are things people look for.

create text search dictionary elite.english_stem (template = snowball, language = english);
create text search configuration elite.english (copy = pg_catalog.simple);
alter text search configuration elite.english
    alter mapping for asciiword, asciihword, hword_asciipart, word, hword, hword_part
    with elite.english_stem;

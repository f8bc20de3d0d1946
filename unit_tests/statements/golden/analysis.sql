-- prepare=False
CREATE OR REPLACE FUNCTION "pgrecall"."analysis_1_form"(text, stored boolean, tail boolean) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $analysis$
DECLARE
    t text COLLATE pg_catalog."C" := $1;
    compounds text COLLATE pg_catalog."C";
    parted text COLLATE pg_catalog."C";
    long text COLLATE pg_catalog."C";
    spaced text COLLATE pg_catalog."C";
    beyond boolean := pg_catalog.int4ne(pg_catalog.octet_length($1), pg_catalog.char_length($1))
        AND pg_catalog.nameeq(pg_catalog.getdatabaseencoding(), 'UTF8');
BEGIN
    IF beyond THEN
        IF pg_catalog.int4gt(pg_catalog.strpos(t, '
'), 0) THEN
            t := pg_catalog.regexp_replace(t,  E'([^\\x01-\\x40\\x5B-\\x60\\x7B-\\x7F])[-\\u2010\\u2011\\u00AD][ \\t]*\\r?\\n[ \\t]*(?=[^\\x01-\\x60\\x7B-\\x7F])',  E'\\1', 'g');
        END IF;
        IF pg_catalog.textregexeq(t,  E'[^\\x09-\\x7E\\u00C0-\\u00D6\\u00D8-\\u00F6\\u00F8-\\u0131\\u0134-\\u013E\\u0141-\\u0148\\u014A-\\u017E\\u0386\\u0388-\\u03CE\\u0400-\\u0481\\u00A1-\\u00A7\\u00A9\\u00AB\\u00AC\\u00AE\\u00B0\\u00B1\\u00B6\\u00B7\\u00BB\\u00BF\\u00D7\\u00F7\\u2010\\u2012-\\u2016\\u2018-\\u2023\\u2030-\\u2032\\u2039-\\u203B\\u20A0-\\u20A7\\u20A9-\\u20BF\\u2190-\\u222B\\u2231-\\u2328\\u2500-\\u2A0B\\u3001-\\u3029\\u3041-\\u3096\\u30A1-\\u30FE\\u4E00-\\u9FEF\\uAC00-\\uD7A3]') THEN
            t := pg_catalog."normalize"(t, 'NFKC');
            t := pg_catalog.regexp_replace(t,  E'[\\u00AD\\u034F\\u061C\\u115F\\u1160\\u17B4\\u17B5\\u180B-\\u180F\\u200B-\\u200F\\u202A-\\u202E\\u2060-\\u206F\\u3164\\uFE00-\\uFE0F\\uFEFF\\uFFF9-\\uFFFB\\U000E0000-\\U000E0FFF]+', '', 'g');
        END IF;
        t := pg_catalog.regexp_replace(t,  E'[\\u0080-\\u00A9\\u00AB-\\u00B1\\u00B4\\u00B6-\\u00B8\\u00BB\\u00BF\\u00D7\\u00F7\\u2000-\\u200A\\u2014-\\u2017\\u201A\\u201C-\\u201F\\u2020-\\u2029\\u202F-\\u2031\\u2033-\\u2043\\u2045-\\u205F\\u20A0-\\u20CF\\u2190-\\u2211\\u2213\\u2214\\u2216-\\u2BFF\\u2E00-\\u2E7F\\u3000-\\u3004\\u3008-\\u3020\\u3030\\u3036\\u3037\\u303D-\\u303F\\u30A0\\u30FB\\uFE10-\\uFE6F\\uFF01-\\uFF0F\\U0001F000-\\U0001FAFF]+', ' ', 'g');
        t := pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(t, pg_catalog.chr(8208), '-'), pg_catalog.chr(8209), '-'), pg_catalog.chr(8210), '-'), pg_catalog.chr(8211), '-'), pg_catalog.chr(8722), '-'), pg_catalog.chr(8216), ''''), pg_catalog.chr(8217), ''''), pg_catalog.chr(8219), ''''), pg_catalog.chr(700), ''''), pg_catalog.chr(8242), ''''), pg_catalog.chr(9839), '#'), pg_catalog.chr(8260), '/'), pg_catalog.chr(8725), '/');
    END IF;
    IF stored AND NOT beyond OR pg_catalog.textregexeq(t,  E'[./\\\\@:&+#_<>~^%%][^[:space:]]|[0-9][-,]|-[0-9]|[A-Za-z][#+]|-[ \\t\\r]*\\n|[A-Za-z]''(?:[A-Za-z]{3}|[^DLMRSTVdlmrstv[:space:]])') THEN
        IF pg_catalog.int4gt(pg_catalog.strpos(t, '
'), 0) THEN
            t := pg_catalog.regexp_replace(t,  E'([^\\x01-\\x40\\x5B-\\x60\\x7B-\\x7F])[-\\u2010\\u2011\\u00AD][ \\t]*\\r?\\n[ \\t]*(?=[^\\x01-\\x60\\x7B-\\x7F])',  E'\\1', 'g');
        END IF;
        IF pg_catalog.textregexeq(t, '[<&%%+#]|[.][Nn][Ee][Tt]') THEN
            IF pg_catalog.int4gt(pg_catalog.strpos(t, '<'), 0) THEN
                t := pg_catalog.regexp_replace(t, '</?(?:a|abbr|article|aside|b|blockquote|body|br|button|center|cite|code|col|dd|del|details|div|dl|dt|em|figcaption|figure|font|footer|form|h[1-6]|head|header|hr|html|i|iframe|img|input|ins|kbd|label|li|link|main|mark|meta|nav|ol|option|p|path|pre|q|s|samp|script|section|select|small|span|strike|strong|style|sub|summary|sup|svg|table|tbody|td|textarea|tfoot|th|thead|title|tr|tt|u|ul|video)(?:[[:space:]][^<>]*)?/?>|<!--.*?-->', ' ', 'gi');
            END IF;
            IF pg_catalog.int4gt(pg_catalog.strpos(t, '&'), 0) OR pg_catalog.int4gt(pg_catalog.strpos(t, '%%'), 0) THEN
                t := pg_catalog.regexp_replace(t, '&(?:[a-z]{2,8}|#[0-9]{1,7}|#x[0-9a-f]{1,6});|%%(?:20|[23][a-f]|[57][b-f])(?=[[:alnum:]])', '_', 'gi');
            END IF;
            IF pg_catalog.int4gt(pg_catalog.strpos(t, '+'), 0) THEN
                t := pg_catalog.regexp_replace(t, '((?:^|[^[:alnum:]_])[A-Za-z])[+][+](?![[:alpha:]+])',  E'\\1plusplus_', 'g');
            END IF;
            IF pg_catalog.int4gt(pg_catalog.strpos(t, '#'), 0) THEN
                t := pg_catalog.regexp_replace(t, '((?:^|[^[:alnum:]_&])[A-Za-z])#(?![[:alpha:]_])',  E'\\1sharp_', 'g');
            END IF;
            t := pg_catalog.regexp_replace(t, '(^|[^[:alnum:]_])[.]net(?![[:alpha:]_])',  E'\\1dotnet', 'gi');
        END IF;
        IF pg_catalog.int4gt(pg_catalog.strpos(t, ','), 0) AND pg_catalog.textregexeq(t, '[0-9],[0-9]') THEN
            t := pg_catalog.regexp_replace(t, '([0-9]),([0-9]{3})(?![0-9])',  E'\\1\\2', 'g');
        END IF;
        t := pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(t, '.', '_'), '/', '_'),  E'\\', '_'), '@', '_'), ':', '_'), '&', '_'), '+', '_'), '#', '_'), '<', '_'), '>', '_'), '~', '_'), '^', '_'),  E'\x01', '_'),  E'\x02', '_');
        IF pg_catalog.int4gt(pg_catalog.strpos(t, '-'), 0) THEN
            t := pg_catalog.regexp_replace(t, '([0-9])-+|-+([0-9])',  E'\\1_\\2', 'g');
            IF pg_catalog.int4gt(pg_catalog.strpos(t, '-_'), 0) OR pg_catalog.int4gt(pg_catalog.strpos(t, '_-'), 0) THEN
                t := pg_catalog.regexp_replace(t, '-*_[-_]*', '_', 'g');
            END IF;
        END IF;
        IF pg_catalog.int4gt(pg_catalog.strpos(t, ''''), 0) THEN
            t := pg_catalog.regexp_replace(t, '([A-Za-z])''(?!(?:s|t|d|m|ll|re|ve)(?![[:alnum:]]))',  E'\\1_', 'gi');
        END IF;
    END IF;
    spaced := t;
    IF beyond AND pg_catalog.textregexeq(t,  E'[\\u0E01-\\u0E30\\u0E32\\u0E33\\u0E40-\\u0E46\\u0E81-\\u0EB0\\u0EB2\\u0EB3\\u0EBD-\\u0EC6\\u0EDC-\\u0EDF\\u1000-\\u102A\\u103F\\u1050-\\u1055\\u105A-\\u105D\\u1061\\u1065\\u1066\\u106E-\\u1070\\u1075-\\u1081\\u1100-\\u115E\\u1161-\\u11FF\\u1780-\\u17B3\\u17D7\\u17DC\\u1950-\\u19AB\\u1A00-\\u1A16\\u1A20-\\u1A54\\u2E80-\\u2FDF\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u3038-\\u303C\\u3041-\\u3096\\u309D-\\u309F\\u30A1-\\u30FA\\u30FC-\\u30FF\\u3105-\\u312F\\u3131-\\u3163\\u3165-\\u318E\\u31A0-\\u31BF\\u31F0-\\u31FF\\u3400-\\u4DBF\\u4E00-\\uA48C\\uA960-\\uA97C\\uA9E0-\\uA9FE\\uAA60-\\uAA76\\uAA80-\\uAADD\\uAC00-\\uD7FB\\uF900-\\uFAFF\\U0001B000-\\U0001B16F\\U00020000-\\U0003FFFD]') THEN
        t := pg_catalog.translate(t,  E'\x03\x04', '');
        spaced := pg_catalog.regexp_replace(pg_catalog.regexp_replace(t,  E'([\\u0E01-\\u0E30\\u0E32\\u0E33\\u0E40-\\u0E46\\u0E81-\\u0EB0\\u0EB2\\u0EB3\\u0EBD-\\u0EC6\\u0EDC-\\u0EDF\\u1000-\\u102A\\u103F\\u1050-\\u1055\\u105A-\\u105D\\u1061\\u1065\\u1066\\u106E-\\u1070\\u1075-\\u1081\\u1100-\\u115E\\u1161-\\u11FF\\u1780-\\u17B3\\u17D7\\u17DC\\u1950-\\u19AB\\u1A00-\\u1A16\\u1A20-\\u1A54\\u2E80-\\u2FDF\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u3038-\\u303C\\u3041-\\u3096\\u309D-\\u309F\\u30A1-\\u30FA\\u30FC-\\u30FF\\u3105-\\u312F\\u3131-\\u3163\\u3165-\\u318E\\u31A0-\\u31BF\\u31F0-\\u31FF\\u3400-\\u4DBF\\u4E00-\\uA48C\\uA960-\\uA97C\\uA9E0-\\uA9FE\\uAA60-\\uAA76\\uAA80-\\uAADD\\uAC00-\\uD7FB\\uF900-\\uFAFF\\U0001B000-\\U0001B16F\\U00020000-\\U0003FFFD][\\u0E31\\u0E34-\\u0E3A\\u0E47-\\u0E4E\\u0EB1\\u0EB4-\\u0EBC\\u0EC8-\\u0ECE\\u102B-\\u103E\\u1056-\\u1059\\u105E-\\u1060\\u1062-\\u1064\\u1067-\\u106D\\u1071-\\u1074\\u1082-\\u108D\\u108F\\u109A-\\u109D\\u17B6-\\u17D3\\u17DD\\u19B0-\\u19C9\\u1A17-\\u1A1B\\u1A55-\\u1A7F\\u3099\\u309A]*)',  E'\\1\x03\\1\x04', 'g'),  E'(^|[^\x04])[\\u0E01-\\u0E30\\u0E32\\u0E33\\u0E40-\\u0E46\\u0E81-\\u0EB0\\u0EB2\\u0EB3\\u0EBD-\\u0EC6\\u0EDC-\\u0EDF\\u1000-\\u102A\\u103F\\u1050-\\u1055\\u105A-\\u105D\\u1061\\u1065\\u1066\\u106E-\\u1070\\u1075-\\u1081\\u1100-\\u115E\\u1161-\\u11FF\\u1780-\\u17B3\\u17D7\\u17DC\\u1950-\\u19AB\\u1A00-\\u1A16\\u1A20-\\u1A54\\u2E80-\\u2FDF\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u3038-\\u303C\\u3041-\\u3096\\u309D-\\u309F\\u30A1-\\u30FA\\u30FC-\\u30FF\\u3105-\\u312F\\u3131-\\u3163\\u3165-\\u318E\\u31A0-\\u31BF\\u31F0-\\u31FF\\u3400-\\u4DBF\\u4E00-\\uA48C\\uA960-\\uA97C\\uA9E0-\\uA9FE\\uAA60-\\uAA76\\uAA80-\\uAADD\\uAC00-\\uD7FB\\uF900-\\uFAFF\\U0001B000-\\U0001B16F\\U00020000-\\U0003FFFD][\\u0E31\\u0E34-\\u0E3A\\u0E47-\\u0E4E\\u0EB1\\u0EB4-\\u0EBC\\u0EC8-\\u0ECE\\u102B-\\u103E\\u1056-\\u1059\\u105E-\\u1060\\u1062-\\u1064\\u1067-\\u106D\\u1071-\\u1074\\u1082-\\u108D\\u108F\\u109A-\\u109D\\u17B6-\\u17D3\\u17DD\\u19B0-\\u19C9\\u1A17-\\u1A1B\\u1A55-\\u1A7F\\u3099\\u309A]*\x03',  E'\\1^', 'g');
        IF NOT stored THEN
            spaced := pg_catalog.regexp_replace(spaced,  E'\x03[\\u0E01-\\u0E30\\u0E32\\u0E33\\u0E40-\\u0E46\\u0E81-\\u0EB0\\u0EB2\\u0EB3\\u0EBD-\\u0EC6\\u0EDC-\\u0EDF\\u1000-\\u102A\\u103F\\u1050-\\u1055\\u105A-\\u105D\\u1061\\u1065\\u1066\\u106E-\\u1070\\u1075-\\u1081\\u1100-\\u115E\\u1161-\\u11FF\\u1780-\\u17B3\\u17D7\\u17DC\\u1950-\\u19AB\\u1A00-\\u1A16\\u1A20-\\u1A54\\u2E80-\\u2FDF\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u3038-\\u303C\\u3041-\\u3096\\u309D-\\u309F\\u30A1-\\u30FA\\u30FC-\\u30FF\\u3105-\\u312F\\u3131-\\u3163\\u3165-\\u318E\\u31A0-\\u31BF\\u31F0-\\u31FF\\u3400-\\u4DBF\\u4E00-\\uA48C\\uA960-\\uA97C\\uA9E0-\\uA9FE\\uAA60-\\uAA76\\uAA80-\\uAADD\\uAC00-\\uD7FB\\uF900-\\uFAFF\\U0001B000-\\U0001B16F\\U00020000-\\U0003FFFD][\\u0E31\\u0E34-\\u0E3A\\u0E47-\\u0E4E\\u0EB1\\u0EB4-\\u0EBC\\u0EC8-\\u0ECE\\u102B-\\u103E\\u1056-\\u1059\\u105E-\\u1060\\u1062-\\u1064\\u1067-\\u106D\\u1071-\\u1074\\u1082-\\u108D\\u108F\\u109A-\\u109D\\u17B6-\\u17D3\\u17DD\\u19B0-\\u19C9\\u1A17-\\u1A1B\\u1A55-\\u1A7F\\u3099\\u309A]*\x04(?![\\u0E01-\\u0E30\\u0E32\\u0E33\\u0E40-\\u0E46\\u0E81-\\u0EB0\\u0EB2\\u0EB3\\u0EBD-\\u0EC6\\u0EDC-\\u0EDF\\u1000-\\u102A\\u103F\\u1050-\\u1055\\u105A-\\u105D\\u1061\\u1065\\u1066\\u106E-\\u1070\\u1075-\\u1081\\u1100-\\u115E\\u1161-\\u11FF\\u1780-\\u17B3\\u17D7\\u17DC\\u1950-\\u19AB\\u1A00-\\u1A16\\u1A20-\\u1A54\\u2E80-\\u2FDF\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u3038-\\u303C\\u3041-\\u3096\\u309D-\\u309F\\u30A1-\\u30FA\\u30FC-\\u30FF\\u3105-\\u312F\\u3131-\\u3163\\u3165-\\u318E\\u31A0-\\u31BF\\u31F0-\\u31FF\\u3400-\\u4DBF\\u4E00-\\uA48C\\uA960-\\uA97C\\uA9E0-\\uA9FE\\uAA60-\\uAA76\\uAA80-\\uAADD\\uAC00-\\uD7FB\\uF900-\\uFAFF\\U0001B000-\\U0001B16F\\U00020000-\\U0003FFFD][\\u0E31\\u0E34-\\u0E3A\\u0E47-\\u0E4E\\u0EB1\\u0EB4-\\u0EBC\\u0EC8-\\u0ECE\\u102B-\\u103E\\u1056-\\u1059\\u105E-\\u1060\\u1062-\\u1064\\u1067-\\u106D\\u1071-\\u1074\\u1082-\\u108D\\u108F\\u109A-\\u109D\\u17B6-\\u17D3\\u17DD\\u19B0-\\u19C9\\u1A17-\\u1A1B\\u1A55-\\u1A7F\\u3099\\u309A]*)', '^', 'g');
        END IF;
        spaced := pg_catalog.translate(pg_catalog.regexp_replace(spaced,  E'\x04(?=[\\u0E01-\\u0E30\\u0E32\\u0E33\\u0E40-\\u0E46\\u0E81-\\u0EB0\\u0EB2\\u0EB3\\u0EBD-\\u0EC6\\u0EDC-\\u0EDF\\u1000-\\u102A\\u103F\\u1050-\\u1055\\u105A-\\u105D\\u1061\\u1065\\u1066\\u106E-\\u1070\\u1075-\\u1081\\u1100-\\u115E\\u1161-\\u11FF\\u1780-\\u17B3\\u17D7\\u17DC\\u1950-\\u19AB\\u1A00-\\u1A16\\u1A20-\\u1A54\\u2E80-\\u2FDF\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u3038-\\u303C\\u3041-\\u3096\\u309D-\\u309F\\u30A1-\\u30FA\\u30FC-\\u30FF\\u3105-\\u312F\\u3131-\\u3163\\u3165-\\u318E\\u31A0-\\u31BF\\u31F0-\\u31FF\\u3400-\\u4DBF\\u4E00-\\uA48C\\uA960-\\uA97C\\uA9E0-\\uA9FE\\uAA60-\\uAA76\\uAA80-\\uAADD\\uAC00-\\uD7FB\\uF900-\\uFAFF\\U0001B000-\\U0001B16F\\U00020000-\\U0003FFFD])', '', 'g'),  E'\x03\x04', '^^');
    END IF;
    IF stored OR (pg_catalog.int4gt(pg_catalog.char_length(spaced), 250)
        AND pg_catalog.textregexeq(spaced, '[^[:space:]^]{250}')) THEN
        spaced := pg_catalog.replace(spaced, '_', ' ');
    END IF;
    IF NOT tail THEN
        RETURN spaced;
    END IF;
    IF pg_catalog.textregexeq(t,  E'[a-z\\u00DF-\\u00F6\\u00F8-\\u00FF][A-Z\\u00C0-\\u00D6\\u00D8-\\u00DE]|[A-Z][A-Z][a-z][a-rt-z]|[A-Za-z][A-Za-z][0-9]|[0-9][A-Za-z][A-Za-z]|[Vv][0-9]') THEN
        t := pg_catalog.concat(' ', t, ' ');
        t := pg_catalog.regexp_replace(t,  E'_*[\\x03-\\x2F\\x3A-\\x40\\x5B-\\x5E\\x60\\x7B-\\x7F\\u0E01-\\u0E30\\u0E32\\u0E33\\u0E40-\\u0E46\\u0E81-\\u0EB0\\u0EB2\\u0EB3\\u0EBD-\\u0EC6\\u0EDC-\\u0EDF\\u1000-\\u102A\\u103F\\u1050-\\u1055\\u105A-\\u105D\\u1061\\u1065\\u1066\\u106E-\\u1070\\u1075-\\u1081\\u1100-\\u115E\\u1161-\\u11FF\\u1780-\\u17B3\\u17D7\\u17DC\\u1950-\\u19AB\\u1A00-\\u1A16\\u1A20-\\u1A54\\u2E80-\\u2FDF\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u3038-\\u303C\\u3041-\\u3096\\u309D-\\u309F\\u30A1-\\u30FA\\u30FC-\\u30FF\\u3105-\\u312F\\u3131-\\u3163\\u3165-\\u318E\\u31A0-\\u31BF\\u31F0-\\u31FF\\u3400-\\u4DBF\\u4E00-\\uA48C\\uA960-\\uA97C\\uA9E0-\\uA9FE\\uAA60-\\uAA76\\uAA80-\\uAADD\\uAC00-\\uD7FB\\uF900-\\uFAFF\\U0001B000-\\U0001B16F\\U00020000-\\U0003FFFD\\u0E31\\u0E34-\\u0E3A\\u0E47-\\u0E4E\\u0EB1\\u0EB4-\\u0EBC\\u0EC8-\\u0ECE\\u102B-\\u103E\\u1056-\\u1059\\u105E-\\u1060\\u1062-\\u1064\\u1067-\\u106D\\u1071-\\u1074\\u1082-\\u108D\\u108F\\u109A-\\u109D\\u17B6-\\u17D3\\u17DD\\u19B0-\\u19C9\\u1A17-\\u1A1B\\u1A55-\\u1A7F\\u3099\\u309A]_*(?:(?:[A-Z\\u00C0-\\u00D6\\u00D8-\\u00DE]?[^_0-9A-Z\\u00C0-\\u00D6\\u00D8-\\u00DE\\x03-\\x2F\\x3A-\\x40\\x5B-\\x5E\\x60\\x7B-\\x7F\\u0E01-\\u0E30\\u0E32\\u0E33\\u0E40-\\u0E46\\u0E81-\\u0EB0\\u0EB2\\u0EB3\\u0EBD-\\u0EC6\\u0EDC-\\u0EDF\\u1000-\\u102A\\u103F\\u1050-\\u1055\\u105A-\\u105D\\u1061\\u1065\\u1066\\u106E-\\u1070\\u1075-\\u1081\\u1100-\\u115E\\u1161-\\u11FF\\u1780-\\u17B3\\u17D7\\u17DC\\u1950-\\u19AB\\u1A00-\\u1A16\\u1A20-\\u1A54\\u2E80-\\u2FDF\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u3038-\\u303C\\u3041-\\u3096\\u309D-\\u309F\\u30A1-\\u30FA\\u30FC-\\u30FF\\u3105-\\u312F\\u3131-\\u3163\\u3165-\\u318E\\u31A0-\\u31BF\\u31F0-\\u31FF\\u3400-\\u4DBF\\u4E00-\\uA48C\\uA960-\\uA97C\\uA9E0-\\uA9FE\\uAA60-\\uAA76\\uAA80-\\uAADD\\uAC00-\\uD7FB\\uF900-\\uFAFF\\U0001B000-\\U0001B16F\\U00020000-\\U0003FFFD\\u0E31\\u0E34-\\u0E3A\\u0E47-\\u0E4E\\u0EB1\\u0EB4-\\u0EBC\\u0EC8-\\u0ECE\\u102B-\\u103E\\u1056-\\u1059\\u105E-\\u1060\\u1062-\\u1064\\u1067-\\u106D\\u1071-\\u1074\\u1082-\\u108D\\u108F\\u109A-\\u109D\\u17B6-\\u17D3\\u17DD\\u19B0-\\u19C9\\u1A17-\\u1A1B\\u1A55-\\u1A7F\\u3099\\u309A]*|[A-Z]+|[0-9]+)_*[\\x03-\\x2F\\x3A-\\x40\\x5B-\\x5E\\x60\\x7B-\\x7F\\u0E01-\\u0E30\\u0E32\\u0E33\\u0E40-\\u0E46\\u0E81-\\u0EB0\\u0EB2\\u0EB3\\u0EBD-\\u0EC6\\u0EDC-\\u0EDF\\u1000-\\u102A\\u103F\\u1050-\\u1055\\u105A-\\u105D\\u1061\\u1065\\u1066\\u106E-\\u1070\\u1075-\\u1081\\u1100-\\u115E\\u1161-\\u11FF\\u1780-\\u17B3\\u17D7\\u17DC\\u1950-\\u19AB\\u1A00-\\u1A16\\u1A20-\\u1A54\\u2E80-\\u2FDF\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u3038-\\u303C\\u3041-\\u3096\\u309D-\\u309F\\u30A1-\\u30FA\\u30FC-\\u30FF\\u3105-\\u312F\\u3131-\\u3163\\u3165-\\u318E\\u31A0-\\u31BF\\u31F0-\\u31FF\\u3400-\\u4DBF\\u4E00-\\uA48C\\uA960-\\uA97C\\uA9E0-\\uA9FE\\uAA60-\\uAA76\\uAA80-\\uAADD\\uAC00-\\uD7FB\\uF900-\\uFAFF\\U0001B000-\\U0001B16F\\U00020000-\\U0003FFFD\\u0E31\\u0E34-\\u0E3A\\u0E47-\\u0E4E\\u0EB1\\u0EB4-\\u0EBC\\u0EC8-\\u0ECE\\u102B-\\u103E\\u1056-\\u1059\\u105E-\\u1060\\u1062-\\u1064\\u1067-\\u106D\\u1071-\\u1074\\u1082-\\u108D\\u108F\\u109A-\\u109D\\u17B6-\\u17D3\\u17DD\\u19B0-\\u19C9\\u1A17-\\u1A1B\\u1A55-\\u1A7F\\u3099\\u309A]_*)*', ' ', 'g');
        compounds := t;
        t := pg_catalog.regexp_replace(t,  E'(?<=[a-z\\u00DF-\\u00F6\\u00F8-\\u00FF])(?=[A-Z\\u00C0-\\u00D6\\u00D8-\\u00DE])|(?<=[A-Z])(?=[A-Z][a-z][a-rt-z])',  E'\x01', 'g');
        IF pg_catalog.textregexeq(t, '[0-9]') THEN
            t := pg_catalog.regexp_replace(pg_catalog.regexp_replace(t, '([A-Za-z][A-Za-z]|[^A-Za-z0-9][Vv])([0-9])|([0-9])([A-Za-z][A-Za-z])',  E'\\1\\3\x01\\2\\4', 'g'), '([A-Za-z][A-Za-z]|[^A-Za-z0-9][Vv])([0-9])|([0-9])([A-Za-z][A-Za-z])',  E'\\1\\3\x01\\2\\4', 'g');
        END IF;
    ELSIF pg_catalog.int4gt(pg_catalog.strpos(t, '_'), 0) THEN
        compounds := pg_catalog.concat(' ', t, ' ');
    ELSE
        RETURN spaced;
    END IF;
    IF pg_catalog.int4gt(pg_catalog.strpos(compounds, '_'), 0) THEN
        compounds := pg_catalog.regexp_replace(compounds,  E'_*[\\x03-\\x2F\\x3A-\\x40\\x5B-\\x5E\\x60\\x7B-\\x7F\\u0E01-\\u0E30\\u0E32\\u0E33\\u0E40-\\u0E46\\u0E81-\\u0EB0\\u0EB2\\u0EB3\\u0EBD-\\u0EC6\\u0EDC-\\u0EDF\\u1000-\\u102A\\u103F\\u1050-\\u1055\\u105A-\\u105D\\u1061\\u1065\\u1066\\u106E-\\u1070\\u1075-\\u1081\\u1100-\\u115E\\u1161-\\u11FF\\u1780-\\u17B3\\u17D7\\u17DC\\u1950-\\u19AB\\u1A00-\\u1A16\\u1A20-\\u1A54\\u2E80-\\u2FDF\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u3038-\\u303C\\u3041-\\u3096\\u309D-\\u309F\\u30A1-\\u30FA\\u30FC-\\u30FF\\u3105-\\u312F\\u3131-\\u3163\\u3165-\\u318E\\u31A0-\\u31BF\\u31F0-\\u31FF\\u3400-\\u4DBF\\u4E00-\\uA48C\\uA960-\\uA97C\\uA9E0-\\uA9FE\\uAA60-\\uAA76\\uAA80-\\uAADD\\uAC00-\\uD7FB\\uF900-\\uFAFF\\U0001B000-\\U0001B16F\\U00020000-\\U0003FFFD\\u0E31\\u0E34-\\u0E3A\\u0E47-\\u0E4E\\u0EB1\\u0EB4-\\u0EBC\\u0EC8-\\u0ECE\\u102B-\\u103E\\u1056-\\u1059\\u105E-\\u1060\\u1062-\\u1064\\u1067-\\u106D\\u1071-\\u1074\\u1082-\\u108D\\u108F\\u109A-\\u109D\\u17B6-\\u17D3\\u17DD\\u19B0-\\u19C9\\u1A17-\\u1A1B\\u1A55-\\u1A7F\\u3099\\u309A]_*(?:[^_\\x03-\\x2F\\x3A-\\x40\\x5B-\\x5E\\x60\\x7B-\\x7F\\u0E01-\\u0E30\\u0E32\\u0E33\\u0E40-\\u0E46\\u0E81-\\u0EB0\\u0EB2\\u0EB3\\u0EBD-\\u0EC6\\u0EDC-\\u0EDF\\u1000-\\u102A\\u103F\\u1050-\\u1055\\u105A-\\u105D\\u1061\\u1065\\u1066\\u106E-\\u1070\\u1075-\\u1081\\u1100-\\u115E\\u1161-\\u11FF\\u1780-\\u17B3\\u17D7\\u17DC\\u1950-\\u19AB\\u1A00-\\u1A16\\u1A20-\\u1A54\\u2E80-\\u2FDF\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u3038-\\u303C\\u3041-\\u3096\\u309D-\\u309F\\u30A1-\\u30FA\\u30FC-\\u30FF\\u3105-\\u312F\\u3131-\\u3163\\u3165-\\u318E\\u31A0-\\u31BF\\u31F0-\\u31FF\\u3400-\\u4DBF\\u4E00-\\uA48C\\uA960-\\uA97C\\uA9E0-\\uA9FE\\uAA60-\\uAA76\\uAA80-\\uAADD\\uAC00-\\uD7FB\\uF900-\\uFAFF\\U0001B000-\\U0001B16F\\U00020000-\\U0003FFFD\\u0E31\\u0E34-\\u0E3A\\u0E47-\\u0E4E\\u0EB1\\u0EB4-\\u0EBC\\u0EC8-\\u0ECE\\u102B-\\u103E\\u1056-\\u1059\\u105E-\\u1060\\u1062-\\u1064\\u1067-\\u106D\\u1071-\\u1074\\u1082-\\u108D\\u108F\\u109A-\\u109D\\u17B6-\\u17D3\\u17DD\\u19B0-\\u19C9\\u1A17-\\u1A1B\\u1A55-\\u1A7F\\u3099\\u309A]*_*[\\x03-\\x2F\\x3A-\\x40\\x5B-\\x5E\\x60\\x7B-\\x7F\\u0E01-\\u0E30\\u0E32\\u0E33\\u0E40-\\u0E46\\u0E81-\\u0EB0\\u0EB2\\u0EB3\\u0EBD-\\u0EC6\\u0EDC-\\u0EDF\\u1000-\\u102A\\u103F\\u1050-\\u1055\\u105A-\\u105D\\u1061\\u1065\\u1066\\u106E-\\u1070\\u1075-\\u1081\\u1100-\\u115E\\u1161-\\u11FF\\u1780-\\u17B3\\u17D7\\u17DC\\u1950-\\u19AB\\u1A00-\\u1A16\\u1A20-\\u1A54\\u2E80-\\u2FDF\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u3038-\\u303C\\u3041-\\u3096\\u309D-\\u309F\\u30A1-\\u30FA\\u30FC-\\u30FF\\u3105-\\u312F\\u3131-\\u3163\\u3165-\\u318E\\u31A0-\\u31BF\\u31F0-\\u31FF\\u3400-\\u4DBF\\u4E00-\\uA48C\\uA960-\\uA97C\\uA9E0-\\uA9FE\\uAA60-\\uAA76\\uAA80-\\uAADD\\uAC00-\\uD7FB\\uF900-\\uFAFF\\U0001B000-\\U0001B16F\\U00020000-\\U0003FFFD\\u0E31\\u0E34-\\u0E3A\\u0E47-\\u0E4E\\u0EB1\\u0EB4-\\u0EBC\\u0EC8-\\u0ECE\\u102B-\\u103E\\u1056-\\u1059\\u105E-\\u1060\\u1062-\\u1064\\u1067-\\u106D\\u1071-\\u1074\\u1082-\\u108D\\u108F\\u109A-\\u109D\\u17B6-\\u17D3\\u17DD\\u19B0-\\u19C9\\u1A17-\\u1A1B\\u1A55-\\u1A7F\\u3099\\u309A]_*)*', ' ', 'g');
        IF pg_catalog.int4gt(pg_catalog.char_length(compounds), 100) THEN
            compounds := pg_catalog.regexp_replace(compounds, ' [^ ]{100}[^ ]+', '', 'g');
        END IF;
    ELSE
        compounds := ' ';
    END IF;
    IF pg_catalog.int4gt(pg_catalog.strpos(t,  E'\x01'), 0) THEN
        t := pg_catalog.replace(pg_catalog.replace(t, '_',  E'\x02'),  E'\x01', '_');
        parted := pg_catalog.regexp_replace(t,  E'_*[\\x03-\\x2F\\x3A-\\x40\\x5B-\\x5E\\x60\\x7B-\\x7F\\u0E01-\\u0E30\\u0E32\\u0E33\\u0E40-\\u0E46\\u0E81-\\u0EB0\\u0EB2\\u0EB3\\u0EBD-\\u0EC6\\u0EDC-\\u0EDF\\u1000-\\u102A\\u103F\\u1050-\\u1055\\u105A-\\u105D\\u1061\\u1065\\u1066\\u106E-\\u1070\\u1075-\\u1081\\u1100-\\u115E\\u1161-\\u11FF\\u1780-\\u17B3\\u17D7\\u17DC\\u1950-\\u19AB\\u1A00-\\u1A16\\u1A20-\\u1A54\\u2E80-\\u2FDF\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u3038-\\u303C\\u3041-\\u3096\\u309D-\\u309F\\u30A1-\\u30FA\\u30FC-\\u30FF\\u3105-\\u312F\\u3131-\\u3163\\u3165-\\u318E\\u31A0-\\u31BF\\u31F0-\\u31FF\\u3400-\\u4DBF\\u4E00-\\uA48C\\uA960-\\uA97C\\uA9E0-\\uA9FE\\uAA60-\\uAA76\\uAA80-\\uAADD\\uAC00-\\uD7FB\\uF900-\\uFAFF\\U0001B000-\\U0001B16F\\U00020000-\\U0003FFFD\\u0E31\\u0E34-\\u0E3A\\u0E47-\\u0E4E\\u0EB1\\u0EB4-\\u0EBC\\u0EC8-\\u0ECE\\u102B-\\u103E\\u1056-\\u1059\\u105E-\\u1060\\u1062-\\u1064\\u1067-\\u106D\\u1071-\\u1074\\u1082-\\u108D\\u108F\\u109A-\\u109D\\u17B6-\\u17D3\\u17DD\\u19B0-\\u19C9\\u1A17-\\u1A1B\\u1A55-\\u1A7F\\u3099\\u309A]_*(?:[^_\\x03-\\x2F\\x3A-\\x40\\x5B-\\x5E\\x60\\x7B-\\x7F\\u0E01-\\u0E30\\u0E32\\u0E33\\u0E40-\\u0E46\\u0E81-\\u0EB0\\u0EB2\\u0EB3\\u0EBD-\\u0EC6\\u0EDC-\\u0EDF\\u1000-\\u102A\\u103F\\u1050-\\u1055\\u105A-\\u105D\\u1061\\u1065\\u1066\\u106E-\\u1070\\u1075-\\u1081\\u1100-\\u115E\\u1161-\\u11FF\\u1780-\\u17B3\\u17D7\\u17DC\\u1950-\\u19AB\\u1A00-\\u1A16\\u1A20-\\u1A54\\u2E80-\\u2FDF\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u3038-\\u303C\\u3041-\\u3096\\u309D-\\u309F\\u30A1-\\u30FA\\u30FC-\\u30FF\\u3105-\\u312F\\u3131-\\u3163\\u3165-\\u318E\\u31A0-\\u31BF\\u31F0-\\u31FF\\u3400-\\u4DBF\\u4E00-\\uA48C\\uA960-\\uA97C\\uA9E0-\\uA9FE\\uAA60-\\uAA76\\uAA80-\\uAADD\\uAC00-\\uD7FB\\uF900-\\uFAFF\\U0001B000-\\U0001B16F\\U00020000-\\U0003FFFD\\u0E31\\u0E34-\\u0E3A\\u0E47-\\u0E4E\\u0EB1\\u0EB4-\\u0EBC\\u0EC8-\\u0ECE\\u102B-\\u103E\\u1056-\\u1059\\u105E-\\u1060\\u1062-\\u1064\\u1067-\\u106D\\u1071-\\u1074\\u1082-\\u108D\\u108F\\u109A-\\u109D\\u17B6-\\u17D3\\u17DD\\u19B0-\\u19C9\\u1A17-\\u1A1B\\u1A55-\\u1A7F\\u3099\\u309A]*_*[\\x03-\\x2F\\x3A-\\x40\\x5B-\\x5E\\x60\\x7B-\\x7F\\u0E01-\\u0E30\\u0E32\\u0E33\\u0E40-\\u0E46\\u0E81-\\u0EB0\\u0EB2\\u0EB3\\u0EBD-\\u0EC6\\u0EDC-\\u0EDF\\u1000-\\u102A\\u103F\\u1050-\\u1055\\u105A-\\u105D\\u1061\\u1065\\u1066\\u106E-\\u1070\\u1075-\\u1081\\u1100-\\u115E\\u1161-\\u11FF\\u1780-\\u17B3\\u17D7\\u17DC\\u1950-\\u19AB\\u1A00-\\u1A16\\u1A20-\\u1A54\\u2E80-\\u2FDF\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u3038-\\u303C\\u3041-\\u3096\\u309D-\\u309F\\u30A1-\\u30FA\\u30FC-\\u30FF\\u3105-\\u312F\\u3131-\\u3163\\u3165-\\u318E\\u31A0-\\u31BF\\u31F0-\\u31FF\\u3400-\\u4DBF\\u4E00-\\uA48C\\uA960-\\uA97C\\uA9E0-\\uA9FE\\uAA60-\\uAA76\\uAA80-\\uAADD\\uAC00-\\uD7FB\\uF900-\\uFAFF\\U0001B000-\\U0001B16F\\U00020000-\\U0003FFFD\\u0E31\\u0E34-\\u0E3A\\u0E47-\\u0E4E\\u0EB1\\u0EB4-\\u0EBC\\u0EC8-\\u0ECE\\u102B-\\u103E\\u1056-\\u1059\\u105E-\\u1060\\u1062-\\u1064\\u1067-\\u106D\\u1071-\\u1074\\u1082-\\u108D\\u108F\\u109A-\\u109D\\u17B6-\\u17D3\\u17DD\\u19B0-\\u19C9\\u1A17-\\u1A1B\\u1A55-\\u1A7F\\u3099\\u309A]_*)*', ' ', 'g');
        IF pg_catalog.int4gt(pg_catalog.char_length(parted), 100) THEN
            parted := pg_catalog.regexp_replace(parted, ' [^ ]{100}[^ ]+', '', 'g');
        END IF;
        parted := pg_catalog.translate(parted,  E'\x02\x01', '__');
        IF pg_catalog.textregexeq(parted, '[0-9]') THEN
            parted := pg_catalog.regexp_replace(parted, ' [^ ]*(?:[0-9]_*[A-Za-z]+_*[0-9]+_*[A-Za-z]|[A-Za-z]_*[0-9]+_*[A-Za-z]+_*[0-9])[^ ]*', '', 'g');
        END IF;
    END IF;
    long := pg_catalog.concat(compounds, parted);
    IF pg_catalog.textregexeq(long, '_[^ _]+_[^ ]') THEN
        compounds := pg_catalog.concat(compounds, pg_catalog.regexp_replace(pg_catalog.regexp_replace(long, ' [^ _]+_+[^ _]+(?= )', '', 'g'), '_+([^ _]+)(?=_+[^ ])',  E'_\\1 \\1', 'g'));
    END IF;
    IF pg_catalog.int4gt(pg_catalog.strpos(compounds, '_'), 0) THEN
        compounds := pg_catalog.replace(pg_catalog.regexp_replace(compounds, '([0-9])_+(?=[0-9])',  E'\\1.', 'g'), '_', '');
    END IF;
    RETURN pg_catalog.concat(spaced, compounds, parted);
END
$analysis$;

-- prepare=False
CREATE OR REPLACE FUNCTION "pgrecall"."analysis_1"(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN CASE
  WHEN $1 ~ E'[./\\\\@:&+#_<>~^%%''][^[:space:]]|[a-z][A-Z]|[A-Z][A-Z][a-z][a-rt-z]|[A-Za-z][0-9#+]|[0-9](?:-|,[0-9]|[A-Za-z])|-(?:[0-9]|[ \\t\\r]*\\n)' COLLATE "C" OR (
    pg_catalog.octet_length($1) <> pg_catalog.char_length($1)
    AND $1 ~ E'[^\\x09-\\x7E\\u00C0-\\u00D6\\u00D8-\\u00F6\\u00F8-\\u0131\\u0134-\\u013E\\u0141-\\u0148\\u014A-\\u017E\\u0386\\u0388-\\u03CE\\u0400-\\u0481]' COLLATE "C"
  ) THEN "pgrecall"."analysis_1_form"(pg_catalog.left($1, 130000), true, true)
  ELSE $1
END;

-- prepare=False
GRANT EXECUTE ON FUNCTION "pgrecall"."analysis_1_form"(text, boolean, boolean) TO PUBLIC;

-- prepare=False
GRANT EXECUTE ON FUNCTION "pgrecall"."analysis_1"(text) TO PUBLIC;

-- prepare=False
-- %(name)s = 'pgrecall.analysis_1_form(text, boolean, boolean)'
SELECT pg_catalog.create_distributed_function(%(name)s::regprocedure);

-- prepare=False
-- %(name)s = 'pgrecall.analysis_1(text)'
SELECT pg_catalog.create_distributed_function(%(name)s::regprocedure);

-- prepare=False
-- %(name)s = 'pgrecall.analysis_1(text)'
-- %(config)s = 'english'
SELECT to_regprocedure(%(name)s) IS NOT NULL AND EXISTS (
  SELECT
  FROM pg_catalog.pg_ts_config AS c
  JOIN pg_catalog.pg_ts_parser AS p ON p.oid = c.cfgparser
  WHERE c.oid = %(config)s::text::regconfig
    AND p.prsname = 'default'
    AND p.prsnamespace = 'pg_catalog'::regnamespace
);

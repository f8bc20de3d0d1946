-- made by make.py, with a pgrecall whose registry has version 6
CREATE SCHEMA pgrecall;
CREATE FUNCTION pgrecall.analysis_1_form(text, stored boolean, tail boolean) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $_$
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
            t := pg_catalog.regexp_replace(t,  E'([^\\x01-\\x40\\x5B-\\x60\\x7B-\\x7F])[-\\u2010\\u2011\\u00AC\\u00AD][ \\t]*\\r?\\n[ \\t]*(?=[^\\x01-\\x60\\x7B-\\x7F])|([A-Z][A-Z])[-\\u2010\\u2011\\u00AC\\u00AD][ \\t]*\\r?\\n[ \\t]*(?=[A-Z][A-Z])',  E'\\1\\2\x05', 'g');
        END IF;
        IF pg_catalog.textregexeq(t,  E'[^\\x09-\\x7E\\u00C0-\\u00D6\\u00D8-\\u00F6\\u00F8-\\u0131\\u0134-\\u013E\\u0141-\\u0148\\u014A-\\u017E\\u0386\\u0388-\\u03A2\\u03A4-\\u03CE\\u0400-\\u0481\\u00A1-\\u00A7\\u00A9\\u00AB\\u00AC\\u00AE\\u00B0\\u00B1\\u00B6\\u00B7\\u00BB\\u00BF\\u00D7\\u00F7\\u2010\\u2012-\\u2016\\u2018-\\u2023\\u2030-\\u2032\\u2039-\\u203B\\u20A0-\\u20A7\\u20A9-\\u20BF\\u2190-\\u222B\\u2231-\\u2328\\u2500-\\u2A0B\\u3001-\\u3029\\u3041-\\u3096\\u30A1-\\u30FE\\u4E00-\\u9FEF\\uAC00-\\uD7A3]') THEN
            IF pg_catalog.textregexeq(t,  E'[0-9][\\u00A0\\u00B2\\u00B3\\u00B9\\u00BC-\\u00BE\\u2009\\u202F\\u2070-\\u2089\\u2150-\\u215E]') THEN
                t := pg_catalog.regexp_replace(t,  E'((?:^|[^0-9])[0-9]{1,3})[\\u00A0\\u2009\\u202F]([0-9]{3})(?:[\\u00A0\\u2009\\u202F]([0-9]{3}))?(?:[\\u00A0\\u2009\\u202F]([0-9]{3}))?(?![0-9])',  E'\\1\\2\\3\\4', 'g');
                t := pg_catalog.regexp_replace(t,  E'([0-9])(?=[\\u00B2\\u00B3\\u00B9\\u2070-\\u2079\\u2080-\\u2089])',  E'\\1^', 'g');
                t := pg_catalog.regexp_replace(t,  E'([0-9])(?=[\\u00BC-\\u00BE\\u2150-\\u215E])',  E'\\1 ', 'g');
            END IF;
            t := pg_catalog.replace(t, pg_catalog.chr(8482), ' ');
            t := pg_catalog."normalize"(t, 'NFKC');
            t := pg_catalog.regexp_replace(t,  E'[\\u0591-\\u05BD\\u05BF\\u05C1\\u05C2\\u05C4\\u05C5\\u05C7\\u0610-\\u061A\\u0640\\u064B-\\u065F\\u0670\\u06D6-\\u06DC\\u06DF-\\u06E4\\u06E7\\u06E8\\u06EA-\\u06ED\\u00AD\\u034F\\u061C\\u115F\\u1160\\u17B4\\u17B5\\u180B-\\u180F\\u200B-\\u200F\\u202A-\\u202E\\u2060-\\u206F\\u3164\\uFE00-\\uFE0F\\uFEFF\\uFFF9-\\uFFFB\\U000E0000-\\U000E0FFF]+', '', 'g');
            IF pg_catalog.textregexeq(t,  E'[\\u0660-\\u0669\\u06F0-\\u06F9\\u0966-\\u096F\\u09E6-\\u09EF\\u0A66-\\u0A6F\\u0AE6-\\u0AEF\\u0B66-\\u0B6F\\u0BE6-\\u0BEF\\u0C66-\\u0C6F\\u0CE6-\\u0CEF\\u0D66-\\u0D6F\\u0E50-\\u0E59\\u0ED0-\\u0ED9\\u0F20-\\u0F29\\u1040-\\u1049\\u17E0-\\u17E9\\u1810-\\u1819]|[\\u0300\\u0301\\u0E4D\\u0ECD]') THEN
                t := pg_catalog.translate(t, pg_catalog.concat(pg_catalog.concat(pg_catalog.chr(1632), pg_catalog.chr(1633), pg_catalog.chr(1634), pg_catalog.chr(1635), pg_catalog.chr(1636), pg_catalog.chr(1637), pg_catalog.chr(1638), pg_catalog.chr(1639), pg_catalog.chr(1640), pg_catalog.chr(1641)), pg_catalog.concat(pg_catalog.chr(1776), pg_catalog.chr(1777), pg_catalog.chr(1778), pg_catalog.chr(1779), pg_catalog.chr(1780), pg_catalog.chr(1781), pg_catalog.chr(1782), pg_catalog.chr(1783), pg_catalog.chr(1784), pg_catalog.chr(1785)), pg_catalog.concat(pg_catalog.chr(2406), pg_catalog.chr(2407), pg_catalog.chr(2408), pg_catalog.chr(2409), pg_catalog.chr(2410), pg_catalog.chr(2411), pg_catalog.chr(2412), pg_catalog.chr(2413), pg_catalog.chr(2414), pg_catalog.chr(2415)), pg_catalog.concat(pg_catalog.chr(2534), pg_catalog.chr(2535), pg_catalog.chr(2536), pg_catalog.chr(2537), pg_catalog.chr(2538), pg_catalog.chr(2539), pg_catalog.chr(2540), pg_catalog.chr(2541), pg_catalog.chr(2542), pg_catalog.chr(2543)), pg_catalog.concat(pg_catalog.chr(2662), pg_catalog.chr(2663), pg_catalog.chr(2664), pg_catalog.chr(2665), pg_catalog.chr(2666), pg_catalog.chr(2667), pg_catalog.chr(2668), pg_catalog.chr(2669), pg_catalog.chr(2670), pg_catalog.chr(2671)), pg_catalog.concat(pg_catalog.chr(2790), pg_catalog.chr(2791), pg_catalog.chr(2792), pg_catalog.chr(2793), pg_catalog.chr(2794), pg_catalog.chr(2795), pg_catalog.chr(2796), pg_catalog.chr(2797), pg_catalog.chr(2798), pg_catalog.chr(2799)), pg_catalog.concat(pg_catalog.chr(2918), pg_catalog.chr(2919), pg_catalog.chr(2920), pg_catalog.chr(2921), pg_catalog.chr(2922), pg_catalog.chr(2923), pg_catalog.chr(2924), pg_catalog.chr(2925), pg_catalog.chr(2926), pg_catalog.chr(2927)), pg_catalog.concat(pg_catalog.chr(3046), pg_catalog.chr(3047), pg_catalog.chr(3048), pg_catalog.chr(3049), pg_catalog.chr(3050), pg_catalog.chr(3051), pg_catalog.chr(3052), pg_catalog.chr(3053), pg_catalog.chr(3054), pg_catalog.chr(3055)), pg_catalog.concat(pg_catalog.chr(3174), pg_catalog.chr(3175), pg_catalog.chr(3176), pg_catalog.chr(3177), pg_catalog.chr(3178), pg_catalog.chr(3179), pg_catalog.chr(3180), pg_catalog.chr(3181), pg_catalog.chr(3182), pg_catalog.chr(3183)), pg_catalog.concat(pg_catalog.chr(3302), pg_catalog.chr(3303), pg_catalog.chr(3304), pg_catalog.chr(3305), pg_catalog.chr(3306), pg_catalog.chr(3307), pg_catalog.chr(3308), pg_catalog.chr(3309), pg_catalog.chr(3310), pg_catalog.chr(3311)), pg_catalog.concat(pg_catalog.chr(3430), pg_catalog.chr(3431), pg_catalog.chr(3432), pg_catalog.chr(3433), pg_catalog.chr(3434), pg_catalog.chr(3435), pg_catalog.chr(3436), pg_catalog.chr(3437), pg_catalog.chr(3438), pg_catalog.chr(3439)), pg_catalog.concat(pg_catalog.chr(3664), pg_catalog.chr(3665), pg_catalog.chr(3666), pg_catalog.chr(3667), pg_catalog.chr(3668), pg_catalog.chr(3669), pg_catalog.chr(3670), pg_catalog.chr(3671), pg_catalog.chr(3672), pg_catalog.chr(3673)), pg_catalog.concat(pg_catalog.chr(3792), pg_catalog.chr(3793), pg_catalog.chr(3794), pg_catalog.chr(3795), pg_catalog.chr(3796), pg_catalog.chr(3797), pg_catalog.chr(3798), pg_catalog.chr(3799), pg_catalog.chr(3800), pg_catalog.chr(3801)), pg_catalog.concat(pg_catalog.chr(3872), pg_catalog.chr(3873), pg_catalog.chr(3874), pg_catalog.chr(3875), pg_catalog.chr(3876), pg_catalog.chr(3877), pg_catalog.chr(3878), pg_catalog.chr(3879), pg_catalog.chr(3880), pg_catalog.chr(3881)), pg_catalog.concat(pg_catalog.chr(4160), pg_catalog.chr(4161), pg_catalog.chr(4162), pg_catalog.chr(4163), pg_catalog.chr(4164), pg_catalog.chr(4165), pg_catalog.chr(4166), pg_catalog.chr(4167), pg_catalog.chr(4168), pg_catalog.chr(4169)), pg_catalog.concat(pg_catalog.chr(6112), pg_catalog.chr(6113), pg_catalog.chr(6114), pg_catalog.chr(6115), pg_catalog.chr(6116), pg_catalog.chr(6117), pg_catalog.chr(6118), pg_catalog.chr(6119), pg_catalog.chr(6120), pg_catalog.chr(6121)), pg_catalog.concat(pg_catalog.chr(6160), pg_catalog.chr(6161), pg_catalog.chr(6162), pg_catalog.chr(6163), pg_catalog.chr(6164), pg_catalog.chr(6165), pg_catalog.chr(6166), pg_catalog.chr(6167), pg_catalog.chr(6168), pg_catalog.chr(6169))), '01234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789');
                t := pg_catalog.regexp_replace(t,  E'([\\u0410-\\u044F])[\\u0300\\u0301]',  E'\\1', 'g');
                t := pg_catalog.regexp_replace(t,  E'([\\u0E4D\\u0ECD])([\\u0E48-\\u0E4B\\u0EC8-\\u0ECB])',  E'\\2\\1', 'g');
            END IF;
        END IF;
        IF pg_catalog.int4gt(pg_catalog.strpos(t, pg_catalog.chr(931)), 0) THEN
            t := pg_catalog.regexp_replace(t,  E'([\\u0370-\\u03FF])\\u03A3(?![\\u0370-\\u03FF])', pg_catalog.concat( E'\\1', pg_catalog.chr(962)), 'g');
        END IF;
        t := pg_catalog.regexp_replace(t,  E'[\\u0080-\\u00A9\\u00AB-\\u00B1\\u00B4\\u00B6-\\u00B8\\u00BB\\u00BF\\u00D7\\u00F7\\u2000-\\u200A\\u2014-\\u2017\\u201A\\u201C-\\u201F\\u2020-\\u2029\\u202F-\\u2031\\u2033-\\u2043\\u2045-\\u205F\\u20A0-\\u20CF\\u2190-\\u2211\\u2213\\u2214\\u2216-\\u266E\\u2670-\\u2BFF\\u2E00-\\u2E7F\\u3000-\\u3004\\u3008-\\u3020\\u3030\\u3036\\u3037\\u303D-\\u303F\\u30A0\\u30FB\\uFE10-\\uFE6F\\uFF01-\\uFF0F\\U0001F000-\\U0001FAFF]+', ' ', 'g');
        t := pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(t, pg_catalog.chr(8208), '-'), pg_catalog.chr(8209), '-'), pg_catalog.chr(8210), '-'), pg_catalog.chr(8211), '-'), pg_catalog.chr(8722), '-'), pg_catalog.chr(8216), ''''), pg_catalog.chr(8217), ''''), pg_catalog.chr(8219), ''''), pg_catalog.chr(699), ''''), pg_catalog.chr(700), ''''), pg_catalog.chr(1523), ''''), pg_catalog.chr(8242), ''''), pg_catalog.chr(9839), '#'), pg_catalog.chr(8260), '/'), pg_catalog.chr(8725), '/');
    END IF;
    IF stored AND NOT beyond OR pg_catalog.textregexeq(t,  E'[./\\\\@:&+#_<>~^%][^[:space:]]|[0-9][-,'']|-[^[:space:]]|[A-Za-z][#+]|-[ \\t\\r]*\\n|[A-Za-z]''(?:[A-Za-z]{3}|[^DLMRSTVdlmrstv[:space:]])') THEN
        IF pg_catalog.int4gt(pg_catalog.strpos(t, '
'), 0) THEN
            t := pg_catalog.regexp_replace(t,  E'([^\\x01-\\x40\\x5B-\\x60\\x7B-\\x7F])[-\\u2010\\u2011\\u00AC\\u00AD][ \\t]*\\r?\\n[ \\t]*(?=[^\\x01-\\x60\\x7B-\\x7F])|([A-Z][A-Z])[-\\u2010\\u2011\\u00AC\\u00AD][ \\t]*\\r?\\n[ \\t]*(?=[A-Z][A-Z])',  E'\\1\\2\x05', 'g');
        END IF;
        IF pg_catalog.int4gt(pg_catalog.strpos(t, '<'), 0) OR pg_catalog.int4gt(pg_catalog.strpos(t, '&'), 0) OR pg_catalog.int4gt(pg_catalog.strpos(t, '%'), 0) OR pg_catalog.int4gt(pg_catalog.strpos(t, '+'), 0) OR pg_catalog.int4gt(pg_catalog.strpos(t, '#'), 0) OR
            pg_catalog.int4gt(pg_catalog.strpos(pg_catalog.lower(t), '.net'), 0) THEN
            IF pg_catalog.int4gt(pg_catalog.strpos(t, '<'), 0) AND pg_catalog.textregexeq(t, '</?[A-Za-z]+[1-6]?(?:[[:space:]]+[A-Za-z:-]+=[^<>]*)?[[:space:]]*/?>|<!--') THEN
                t := pg_catalog.regexp_replace(t, '</?(?:a|abbr|article|aside|b|blockquote|body|br|button|center|cite|code|col|dd|del|details|div|dl|dt|em|figcaption|figure|font|footer|form|h[1-6]|head|header|hr|html|i|iframe|img|input|ins|kbd|label|li|link|main|mark|meta|nav|ol|option|p|path|pre|q|s|samp|script|section|select|small|span|strike|strong|style|sub|summary|sup|svg|table|tbody|td|textarea|tfoot|th|thead|title|tr|tt|u|ul|video|A|ABBR|ARTICLE|ASIDE|B|BLOCKQUOTE|BODY|BR|BUTTON|CENTER|CITE|CODE|COL|DD|DEL|DETAILS|DIV|DL|DT|EM|FIGCAPTION|FIGURE|FONT|FOOTER|FORM|H[1-6]|HEAD|HEADER|HR|HTML|I|IFRAME|IMG|INPUT|INS|KBD|LABEL|LI|LINK|MAIN|MARK|META|NAV|OL|OPTION|P|PATH|PRE|Q|S|SAMP|SCRIPT|SECTION|SELECT|SMALL|SPAN|STRIKE|STRONG|STYLE|SUB|SUMMARY|SUP|SVG|TABLE|TBODY|TD|TEXTAREA|TFOOT|TH|THEAD|TITLE|TR|TT|U|UL|VIDEO)(?:[[:space:]]+[A-Za-z:-]+=[^<>]*)?[[:space:]]*/?>|<!--.*?-->', ' ', 'g');
            END IF;
            IF pg_catalog.int4gt(pg_catalog.strpos(t, '&'), 0) OR pg_catalog.int4gt(pg_catalog.strpos(t, '%'), 0) THEN
                t := pg_catalog.regexp_replace(t, '&(?:[a-z]{2,8}|#[0-9]{1,7}|#x[0-9a-f]{1,6});|%(?:20|[23][a-f]|[57][b-f])(?=[[:alnum:]])', '_', 'gi');
            END IF;
            IF pg_catalog.int4gt(pg_catalog.strpos(t, '+'), 0) THEN
                t := pg_catalog.regexp_replace(t, '((?:^|[^[:alnum:]_])[A-Za-z])[+][+](?![[:alpha:]+])',  E'\\1plusplus_', 'g');
            END IF;
            IF pg_catalog.int4gt(pg_catalog.strpos(t, '#'), 0) THEN
                t := pg_catalog.regexp_replace(t, '((?:^|[^[:alnum:]_&])[A-Za-z])#(?![[:alpha:]_])',  E'\\1sharp_', 'g');
            END IF;
            t := pg_catalog.regexp_replace(t, '(^|[^[:alnum:]_])[.]net(?![[:alpha:]_])',  E'\\1dotnet', 'gi');
        END IF;
        IF (pg_catalog.int4gt(pg_catalog.strpos(t, ','), 0) OR pg_catalog.int4gt(pg_catalog.strpos(t, ''''), 0)) AND pg_catalog.textregexeq(t, '[0-9][,''][0-9]') THEN
            t := pg_catalog.regexp_replace(t, '((?:^|[^0-9])[0-9]{1,3})[,'']([0-9]{3})(?:[,'']([0-9]{3}))?(?:[,'']([0-9]{3}))?(?![0-9])',  E'\\1\\2\\3\\4', 'g');
        END IF;
        t := pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(t, '-', '_'), '.', '_'), '/', '_'),  E'\\', '_'), '@', '_'), ':', '_'), '&', '_'), '+', '_'), '#', '_'), '<', '_'), '>', '_'), '~', '_'), '^', '_'),  E'\x01', '_'),  E'\x02', '_');
        IF pg_catalog.int4gt(pg_catalog.strpos(t, ''''), 0) THEN
            t := pg_catalog.regexp_replace(t, '([A-Za-z])''(?!(?:s|t|d|m|ll|re|ve)(?![[:alnum:]]))',  E'\\1_', 'gi');
        END IF;
    END IF;
    spaced := t;
    IF pg_catalog.int4gt(pg_catalog.strpos(t,  E'\x05'), 0) THEN
        spaced := pg_catalog.replace(t,  E'\x05', '');
        t := pg_catalog.replace(t,  E'\x05',  E'\x01');
    END IF;
    IF beyond AND pg_catalog.textregexeq(t,  E'[\\u0E01-\\u0E30\\u0E32\\u0E33\\u0E40-\\u0E46\\u0E81-\\u0EB0\\u0EB2\\u0EB3\\u0EBD-\\u0EC6\\u0EDC-\\u0EDF\\u1000-\\u102A\\u103F\\u1050-\\u1055\\u105A-\\u105D\\u1061\\u1065\\u1066\\u106E-\\u1070\\u1075-\\u1081\\u1100-\\u115E\\u1161-\\u11FF\\u1780-\\u17B3\\u17D7\\u17DC\\u1950-\\u19AB\\u1A00-\\u1A16\\u1A20-\\u1A54\\u2E80-\\u2FDF\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u3038-\\u303C\\u3041-\\u3096\\u309D-\\u309F\\u30A1-\\u30FA\\u30FC-\\u30FF\\u3105-\\u312F\\u3131-\\u3163\\u3165-\\u318E\\u31A0-\\u31BF\\u31F0-\\u31FF\\u3400-\\u4DBF\\u4E00-\\uA48C\\uA960-\\uA97C\\uA9E0-\\uA9FE\\uAA60-\\uAA76\\uAA80-\\uAADD\\uAC00-\\uD7FB\\uF900-\\uFAFF\\U0001B000-\\U0001B16F\\U00020000-\\U0003FFFD]') THEN
        spaced := pg_catalog.translate(spaced,  E'\x03\x04', '');
        spaced := pg_catalog.regexp_replace(pg_catalog.regexp_replace(spaced,  E'([\\u0E01-\\u0E30\\u0E32\\u0E33\\u0E40-\\u0E46\\u0E81-\\u0EB0\\u0EB2\\u0EB3\\u0EBD-\\u0EC6\\u0EDC-\\u0EDF\\u1000-\\u102A\\u103F\\u1050-\\u1055\\u105A-\\u105D\\u1061\\u1065\\u1066\\u106E-\\u1070\\u1075-\\u1081\\u1100-\\u115E\\u1161-\\u11FF\\u1780-\\u17B3\\u17D7\\u17DC\\u1950-\\u19AB\\u1A00-\\u1A16\\u1A20-\\u1A54\\u2E80-\\u2FDF\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u3038-\\u303C\\u3041-\\u3096\\u309D-\\u309F\\u30A1-\\u30FA\\u30FC-\\u30FF\\u3105-\\u312F\\u3131-\\u3163\\u3165-\\u318E\\u31A0-\\u31BF\\u31F0-\\u31FF\\u3400-\\u4DBF\\u4E00-\\uA48C\\uA960-\\uA97C\\uA9E0-\\uA9FE\\uAA60-\\uAA76\\uAA80-\\uAADD\\uAC00-\\uD7FB\\uF900-\\uFAFF\\U0001B000-\\U0001B16F\\U00020000-\\U0003FFFD][\\u0E31\\u0E34-\\u0E3A\\u0E47-\\u0E4E\\u0EB1\\u0EB4-\\u0EBC\\u0EC8-\\u0ECE\\u102B-\\u103E\\u1056-\\u1059\\u105E-\\u1060\\u1062-\\u1064\\u1067-\\u106D\\u1071-\\u1074\\u1082-\\u108D\\u108F\\u109A-\\u109D\\u17B6-\\u17D3\\u17DD\\u19B0-\\u19C9\\u1A17-\\u1A1B\\u1A55-\\u1A7F\\u3099\\u309A]*)',  E'\\1\x03\\1\x04', 'g'),  E'(^|[^\x04])[\\u0E01-\\u0E30\\u0E32\\u0E33\\u0E40-\\u0E46\\u0E81-\\u0EB0\\u0EB2\\u0EB3\\u0EBD-\\u0EC6\\u0EDC-\\u0EDF\\u1000-\\u102A\\u103F\\u1050-\\u1055\\u105A-\\u105D\\u1061\\u1065\\u1066\\u106E-\\u1070\\u1075-\\u1081\\u1100-\\u115E\\u1161-\\u11FF\\u1780-\\u17B3\\u17D7\\u17DC\\u1950-\\u19AB\\u1A00-\\u1A16\\u1A20-\\u1A54\\u2E80-\\u2FDF\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u3038-\\u303C\\u3041-\\u3096\\u309D-\\u309F\\u30A1-\\u30FA\\u30FC-\\u30FF\\u3105-\\u312F\\u3131-\\u3163\\u3165-\\u318E\\u31A0-\\u31BF\\u31F0-\\u31FF\\u3400-\\u4DBF\\u4E00-\\uA48C\\uA960-\\uA97C\\uA9E0-\\uA9FE\\uAA60-\\uAA76\\uAA80-\\uAADD\\uAC00-\\uD7FB\\uF900-\\uFAFF\\U0001B000-\\U0001B16F\\U00020000-\\U0003FFFD][\\u0E31\\u0E34-\\u0E3A\\u0E47-\\u0E4E\\u0EB1\\u0EB4-\\u0EBC\\u0EC8-\\u0ECE\\u102B-\\u103E\\u1056-\\u1059\\u105E-\\u1060\\u1062-\\u1064\\u1067-\\u106D\\u1071-\\u1074\\u1082-\\u108D\\u108F\\u109A-\\u109D\\u17B6-\\u17D3\\u17DD\\u19B0-\\u19C9\\u1A17-\\u1A1B\\u1A55-\\u1A7F\\u3099\\u309A]*\x03',  E'\\1^', 'g');
        IF NOT stored THEN
            spaced := pg_catalog.regexp_replace(spaced,  E'\x03[\\u0E01-\\u0E30\\u0E32\\u0E33\\u0E40-\\u0E46\\u0E81-\\u0EB0\\u0EB2\\u0EB3\\u0EBD-\\u0EC6\\u0EDC-\\u0EDF\\u1000-\\u102A\\u103F\\u1050-\\u1055\\u105A-\\u105D\\u1061\\u1065\\u1066\\u106E-\\u1070\\u1075-\\u1081\\u1100-\\u115E\\u1161-\\u11FF\\u1780-\\u17B3\\u17D7\\u17DC\\u1950-\\u19AB\\u1A00-\\u1A16\\u1A20-\\u1A54\\u2E80-\\u2FDF\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u3038-\\u303C\\u3041-\\u3096\\u309D-\\u309F\\u30A1-\\u30FA\\u30FC-\\u30FF\\u3105-\\u312F\\u3131-\\u3163\\u3165-\\u318E\\u31A0-\\u31BF\\u31F0-\\u31FF\\u3400-\\u4DBF\\u4E00-\\uA48C\\uA960-\\uA97C\\uA9E0-\\uA9FE\\uAA60-\\uAA76\\uAA80-\\uAADD\\uAC00-\\uD7FB\\uF900-\\uFAFF\\U0001B000-\\U0001B16F\\U00020000-\\U0003FFFD][\\u0E31\\u0E34-\\u0E3A\\u0E47-\\u0E4E\\u0EB1\\u0EB4-\\u0EBC\\u0EC8-\\u0ECE\\u102B-\\u103E\\u1056-\\u1059\\u105E-\\u1060\\u1062-\\u1064\\u1067-\\u106D\\u1071-\\u1074\\u1082-\\u108D\\u108F\\u109A-\\u109D\\u17B6-\\u17D3\\u17DD\\u19B0-\\u19C9\\u1A17-\\u1A1B\\u1A55-\\u1A7F\\u3099\\u309A]*\x04(?=[[:space:]-]|$)', '^', 'g');
        END IF;
        spaced := pg_catalog.translate(pg_catalog.regexp_replace(spaced,  E'\x04(?=[\\u0E01-\\u0E30\\u0E32\\u0E33\\u0E40-\\u0E46\\u0E81-\\u0EB0\\u0EB2\\u0EB3\\u0EBD-\\u0EC6\\u0EDC-\\u0EDF\\u1000-\\u102A\\u103F\\u1050-\\u1055\\u105A-\\u105D\\u1061\\u1065\\u1066\\u106E-\\u1070\\u1075-\\u1081\\u1100-\\u115E\\u1161-\\u11FF\\u1780-\\u17B3\\u17D7\\u17DC\\u1950-\\u19AB\\u1A00-\\u1A16\\u1A20-\\u1A54\\u2E80-\\u2FDF\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u3038-\\u303C\\u3041-\\u3096\\u309D-\\u309F\\u30A1-\\u30FA\\u30FC-\\u30FF\\u3105-\\u312F\\u3131-\\u3163\\u3165-\\u318E\\u31A0-\\u31BF\\u31F0-\\u31FF\\u3400-\\u4DBF\\u4E00-\\uA48C\\uA960-\\uA97C\\uA9E0-\\uA9FE\\uAA60-\\uAA76\\uAA80-\\uAADD\\uAC00-\\uD7FB\\uF900-\\uFAFF\\U0001B000-\\U0001B16F\\U00020000-\\U0003FFFD])', '', 'g'),  E'\x03\x04', '^^');
    END IF;
    IF stored THEN
        spaced := pg_catalog.replace(spaced, '_', ' ');
    END IF;
    IF NOT tail THEN
        RETURN spaced;
    END IF;
    IF pg_catalog.textregexeq(t,  E'[a-z\\u00DF-\\u00F6\\u00F8-\\u00FF\\u03AC-\\u03CE\\u0430-\\u045F][A-Z\\u00C0-\\u00D6\\u00D8-\\u00DE\\u0391-\\u03AB\\u0400-\\u042F]|[A-Z][A-Z][a-z][a-z]|[A-Za-z\\u00B5\\u00C0-\\u052F][A-Za-z\\u00B5\\u00C0-\\u052F][0-9]|[0-9][A-Za-z\\u00B5\\u00C0-\\u052F]|[Vv][0-9]|\x01') THEN
        t := pg_catalog.concat(' ', t, ' ');
        IF NOT beyond AND pg_catalog.namene(pg_catalog.getdatabaseencoding(), 'UTF8') THEN
            t := pg_catalog.regexp_replace(t,  E'_*[\\x03-\\x2F\\x3A-\\x40\\x5B-\\x5E\\x60\\x7B-\\x7F]_*(?:(?:[A-Z]?[^_0-9\\u0001A-Z\\x03-\\x2F\\x3A-\\x40\\x5B-\\x5E\\x60\\x7B-\\x7F]*|[A-Z]+|[0-9]+)_*[\\x03-\\x2F\\x3A-\\x40\\x5B-\\x5E\\x60\\x7B-\\x7F]_*)*', ' ', 'g');
        END IF;
        compounds := t;
        t := pg_catalog.regexp_replace(pg_catalog.regexp_replace(t,  E'([a-z\\u00DF-\\u00F6\\u00F8-\\u00FF\\u03AC-\\u03CE\\u0430-\\u045F])([A-Z\\u00C0-\\u00D6\\u00D8-\\u00DE\\u0391-\\u03AB\\u0400-\\u042F])',  E'\\1\x01\\2', 'g'), '([A-Z])([A-Z][a-z][a-z]|v[0-9])',  E'\\1\x01\\2', 'g');
        IF pg_catalog.textregexeq(t,  E'[A-Za-z\\u00B5\\u00C0-\\u052F][A-Za-z\\u00B5\\u00C0-\\u052F][0-9]|[0-9][A-Za-z\\u00B5\\u00C0-\\u052F]|[Vv][0-9]') THEN
            t := pg_catalog.regexp_replace(t,  E'([A-Za-z\\u00B5\\u00C0-\\u052F][A-Za-z\\u00B5\\u00C0-\\u052F]|[0-9][A-Za-z])([0-9])',  E'\\1\x01\\2', 'g');
            IF pg_catalog.textregexeq(t, '[0-9][A-Za-z][0-9]') THEN
                t := pg_catalog.regexp_replace(t,  E'([A-Za-z\\u00B5\\u00C0-\\u052F][A-Za-z\\u00B5\\u00C0-\\u052F]|[0-9][A-Za-z])([0-9])',  E'\\1\x01\\2', 'g');
            END IF;
            t := pg_catalog.regexp_replace(pg_catalog.regexp_replace(t, '([^A-Za-z0-9][Vv])([0-9])',  E'\\1\x01\\2', 'g'),  E'([0-9])([A-Za-z\\u00B5\\u00C0-\\u052F])',  E'\\1\x01\\2', 'g');
        END IF;
    ELSIF pg_catalog.int4gt(pg_catalog.strpos(t, '_'), 0) THEN
        compounds := pg_catalog.concat(' ', t, ' ');
    ELSE
        RETURN spaced;
    END IF;
    compounds := pg_catalog.replace(compounds,  E'\x01', '');
    IF pg_catalog.int4gt(pg_catalog.strpos(compounds, '_'), 0) THEN
        compounds := pg_catalog.regexp_replace(compounds,  E'_*[\\x03-\\x2F\\x3A-\\x40\\x5B-\\x5E\\x60\\x7B-\\x7F\\u0E01-\\u0E30\\u0E32\\u0E33\\u0E40-\\u0E46\\u0E81-\\u0EB0\\u0EB2\\u0EB3\\u0EBD-\\u0EC6\\u0EDC-\\u0EDF\\u1000-\\u102A\\u103F\\u1050-\\u1055\\u105A-\\u105D\\u1061\\u1065\\u1066\\u106E-\\u1070\\u1075-\\u1081\\u1100-\\u115E\\u1161-\\u11FF\\u1780-\\u17B3\\u17D7\\u17DC\\u1950-\\u19AB\\u1A00-\\u1A16\\u1A20-\\u1A54\\u2E80-\\u2FDF\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u3038-\\u303C\\u3041-\\u3096\\u309D-\\u309F\\u30A1-\\u30FA\\u30FC-\\u30FF\\u3105-\\u312F\\u3131-\\u3163\\u3165-\\u318E\\u31A0-\\u31BF\\u31F0-\\u31FF\\u3400-\\u4DBF\\u4E00-\\uA48C\\uA960-\\uA97C\\uA9E0-\\uA9FE\\uAA60-\\uAA76\\uAA80-\\uAADD\\uAC00-\\uD7FB\\uF900-\\uFAFF\\U0001B000-\\U0001B16F\\U00020000-\\U0003FFFD\\u0E31\\u0E34-\\u0E3A\\u0E47-\\u0E4E\\u0EB1\\u0EB4-\\u0EBC\\u0EC8-\\u0ECE\\u102B-\\u103E\\u1056-\\u1059\\u105E-\\u1060\\u1062-\\u1064\\u1067-\\u106D\\u1071-\\u1074\\u1082-\\u108D\\u108F\\u109A-\\u109D\\u17B6-\\u17D3\\u17DD\\u19B0-\\u19C9\\u1A17-\\u1A1B\\u1A55-\\u1A7F\\u3099\\u309A]_*(?:[^_\\x03-\\x2F\\x3A-\\x40\\x5B-\\x5E\\x60\\x7B-\\x7F\\u0E01-\\u0E30\\u0E32\\u0E33\\u0E40-\\u0E46\\u0E81-\\u0EB0\\u0EB2\\u0EB3\\u0EBD-\\u0EC6\\u0EDC-\\u0EDF\\u1000-\\u102A\\u103F\\u1050-\\u1055\\u105A-\\u105D\\u1061\\u1065\\u1066\\u106E-\\u1070\\u1075-\\u1081\\u1100-\\u115E\\u1161-\\u11FF\\u1780-\\u17B3\\u17D7\\u17DC\\u1950-\\u19AB\\u1A00-\\u1A16\\u1A20-\\u1A54\\u2E80-\\u2FDF\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u3038-\\u303C\\u3041-\\u3096\\u309D-\\u309F\\u30A1-\\u30FA\\u30FC-\\u30FF\\u3105-\\u312F\\u3131-\\u3163\\u3165-\\u318E\\u31A0-\\u31BF\\u31F0-\\u31FF\\u3400-\\u4DBF\\u4E00-\\uA48C\\uA960-\\uA97C\\uA9E0-\\uA9FE\\uAA60-\\uAA76\\uAA80-\\uAADD\\uAC00-\\uD7FB\\uF900-\\uFAFF\\U0001B000-\\U0001B16F\\U00020000-\\U0003FFFD\\u0E31\\u0E34-\\u0E3A\\u0E47-\\u0E4E\\u0EB1\\u0EB4-\\u0EBC\\u0EC8-\\u0ECE\\u102B-\\u103E\\u1056-\\u1059\\u105E-\\u1060\\u1062-\\u1064\\u1067-\\u106D\\u1071-\\u1074\\u1082-\\u108D\\u108F\\u109A-\\u109D\\u17B6-\\u17D3\\u17DD\\u19B0-\\u19C9\\u1A17-\\u1A1B\\u1A55-\\u1A7F\\u3099\\u309A]*_*[\\x03-\\x2F\\x3A-\\x40\\x5B-\\x5E\\x60\\x7B-\\x7F\\u0E01-\\u0E30\\u0E32\\u0E33\\u0E40-\\u0E46\\u0E81-\\u0EB0\\u0EB2\\u0EB3\\u0EBD-\\u0EC6\\u0EDC-\\u0EDF\\u1000-\\u102A\\u103F\\u1050-\\u1055\\u105A-\\u105D\\u1061\\u1065\\u1066\\u106E-\\u1070\\u1075-\\u1081\\u1100-\\u115E\\u1161-\\u11FF\\u1780-\\u17B3\\u17D7\\u17DC\\u1950-\\u19AB\\u1A00-\\u1A16\\u1A20-\\u1A54\\u2E80-\\u2FDF\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u3038-\\u303C\\u3041-\\u3096\\u309D-\\u309F\\u30A1-\\u30FA\\u30FC-\\u30FF\\u3105-\\u312F\\u3131-\\u3163\\u3165-\\u318E\\u31A0-\\u31BF\\u31F0-\\u31FF\\u3400-\\u4DBF\\u4E00-\\uA48C\\uA960-\\uA97C\\uA9E0-\\uA9FE\\uAA60-\\uAA76\\uAA80-\\uAADD\\uAC00-\\uD7FB\\uF900-\\uFAFF\\U0001B000-\\U0001B16F\\U00020000-\\U0003FFFD\\u0E31\\u0E34-\\u0E3A\\u0E47-\\u0E4E\\u0EB1\\u0EB4-\\u0EBC\\u0EC8-\\u0ECE\\u102B-\\u103E\\u1056-\\u1059\\u105E-\\u1060\\u1062-\\u1064\\u1067-\\u106D\\u1071-\\u1074\\u1082-\\u108D\\u108F\\u109A-\\u109D\\u17B6-\\u17D3\\u17DD\\u19B0-\\u19C9\\u1A17-\\u1A1B\\u1A55-\\u1A7F\\u3099\\u309A]_*)*', ' ', 'g');
        IF pg_catalog.int4gt(pg_catalog.char_length(compounds), 100) THEN
            compounds := pg_catalog.regexp_replace(compounds, ' [^ ]{100}[^ ]+', '', 'g');
        END IF;
    ELSE
        compounds := ' ';
    END IF;
    IF pg_catalog.int4gt(pg_catalog.strpos(t,  E'\x01'), 0) THEN
        IF pg_catalog.int4gt(pg_catalog.strpos(t,  E'\x02'), 0) THEN
            t := pg_catalog.replace(pg_catalog.replace(t, '_', ' '),  E'\x01', '_');
            parted := pg_catalog.regexp_replace(t,  E'_*[\\x03-\\x2F\\x3A-\\x40\\x5B-\\x5E\\x60\\x7B-\\x7F\\u0E01-\\u0E30\\u0E32\\u0E33\\u0E40-\\u0E46\\u0E81-\\u0EB0\\u0EB2\\u0EB3\\u0EBD-\\u0EC6\\u0EDC-\\u0EDF\\u1000-\\u102A\\u103F\\u1050-\\u1055\\u105A-\\u105D\\u1061\\u1065\\u1066\\u106E-\\u1070\\u1075-\\u1081\\u1100-\\u115E\\u1161-\\u11FF\\u1780-\\u17B3\\u17D7\\u17DC\\u1950-\\u19AB\\u1A00-\\u1A16\\u1A20-\\u1A54\\u2E80-\\u2FDF\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u3038-\\u303C\\u3041-\\u3096\\u309D-\\u309F\\u30A1-\\u30FA\\u30FC-\\u30FF\\u3105-\\u312F\\u3131-\\u3163\\u3165-\\u318E\\u31A0-\\u31BF\\u31F0-\\u31FF\\u3400-\\u4DBF\\u4E00-\\uA48C\\uA960-\\uA97C\\uA9E0-\\uA9FE\\uAA60-\\uAA76\\uAA80-\\uAADD\\uAC00-\\uD7FB\\uF900-\\uFAFF\\U0001B000-\\U0001B16F\\U00020000-\\U0003FFFD\\u0E31\\u0E34-\\u0E3A\\u0E47-\\u0E4E\\u0EB1\\u0EB4-\\u0EBC\\u0EC8-\\u0ECE\\u102B-\\u103E\\u1056-\\u1059\\u105E-\\u1060\\u1062-\\u1064\\u1067-\\u106D\\u1071-\\u1074\\u1082-\\u108D\\u108F\\u109A-\\u109D\\u17B6-\\u17D3\\u17DD\\u19B0-\\u19C9\\u1A17-\\u1A1B\\u1A55-\\u1A7F\\u3099\\u309A]_*(?:[^_\\x03-\\x2F\\x3A-\\x40\\x5B-\\x5E\\x60\\x7B-\\x7F\\u0E01-\\u0E30\\u0E32\\u0E33\\u0E40-\\u0E46\\u0E81-\\u0EB0\\u0EB2\\u0EB3\\u0EBD-\\u0EC6\\u0EDC-\\u0EDF\\u1000-\\u102A\\u103F\\u1050-\\u1055\\u105A-\\u105D\\u1061\\u1065\\u1066\\u106E-\\u1070\\u1075-\\u1081\\u1100-\\u115E\\u1161-\\u11FF\\u1780-\\u17B3\\u17D7\\u17DC\\u1950-\\u19AB\\u1A00-\\u1A16\\u1A20-\\u1A54\\u2E80-\\u2FDF\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u3038-\\u303C\\u3041-\\u3096\\u309D-\\u309F\\u30A1-\\u30FA\\u30FC-\\u30FF\\u3105-\\u312F\\u3131-\\u3163\\u3165-\\u318E\\u31A0-\\u31BF\\u31F0-\\u31FF\\u3400-\\u4DBF\\u4E00-\\uA48C\\uA960-\\uA97C\\uA9E0-\\uA9FE\\uAA60-\\uAA76\\uAA80-\\uAADD\\uAC00-\\uD7FB\\uF900-\\uFAFF\\U0001B000-\\U0001B16F\\U00020000-\\U0003FFFD\\u0E31\\u0E34-\\u0E3A\\u0E47-\\u0E4E\\u0EB1\\u0EB4-\\u0EBC\\u0EC8-\\u0ECE\\u102B-\\u103E\\u1056-\\u1059\\u105E-\\u1060\\u1062-\\u1064\\u1067-\\u106D\\u1071-\\u1074\\u1082-\\u108D\\u108F\\u109A-\\u109D\\u17B6-\\u17D3\\u17DD\\u19B0-\\u19C9\\u1A17-\\u1A1B\\u1A55-\\u1A7F\\u3099\\u309A]*_*[\\x03-\\x2F\\x3A-\\x40\\x5B-\\x5E\\x60\\x7B-\\x7F\\u0E01-\\u0E30\\u0E32\\u0E33\\u0E40-\\u0E46\\u0E81-\\u0EB0\\u0EB2\\u0EB3\\u0EBD-\\u0EC6\\u0EDC-\\u0EDF\\u1000-\\u102A\\u103F\\u1050-\\u1055\\u105A-\\u105D\\u1061\\u1065\\u1066\\u106E-\\u1070\\u1075-\\u1081\\u1100-\\u115E\\u1161-\\u11FF\\u1780-\\u17B3\\u17D7\\u17DC\\u1950-\\u19AB\\u1A00-\\u1A16\\u1A20-\\u1A54\\u2E80-\\u2FDF\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u3038-\\u303C\\u3041-\\u3096\\u309D-\\u309F\\u30A1-\\u30FA\\u30FC-\\u30FF\\u3105-\\u312F\\u3131-\\u3163\\u3165-\\u318E\\u31A0-\\u31BF\\u31F0-\\u31FF\\u3400-\\u4DBF\\u4E00-\\uA48C\\uA960-\\uA97C\\uA9E0-\\uA9FE\\uAA60-\\uAA76\\uAA80-\\uAADD\\uAC00-\\uD7FB\\uF900-\\uFAFF\\U0001B000-\\U0001B16F\\U00020000-\\U0003FFFD\\u0E31\\u0E34-\\u0E3A\\u0E47-\\u0E4E\\u0EB1\\u0EB4-\\u0EBC\\u0EC8-\\u0ECE\\u102B-\\u103E\\u1056-\\u1059\\u105E-\\u1060\\u1062-\\u1064\\u1067-\\u106D\\u1071-\\u1074\\u1082-\\u108D\\u108F\\u109A-\\u109D\\u17B6-\\u17D3\\u17DD\\u19B0-\\u19C9\\u1A17-\\u1A1B\\u1A55-\\u1A7F\\u3099\\u309A]_*)*', ' ', 'g');
        ELSE
            t := pg_catalog.replace(pg_catalog.replace(t, '_',  E'\x02'),  E'\x01', '_');
            parted := pg_catalog.regexp_replace(t,  E'_*\\x02*[\\x03-\\x2F\\x3A-\\x40\\x5B-\\x5E\\x60\\x7B-\\x7F\\u0E01-\\u0E30\\u0E32\\u0E33\\u0E40-\\u0E46\\u0E81-\\u0EB0\\u0EB2\\u0EB3\\u0EBD-\\u0EC6\\u0EDC-\\u0EDF\\u1000-\\u102A\\u103F\\u1050-\\u1055\\u105A-\\u105D\\u1061\\u1065\\u1066\\u106E-\\u1070\\u1075-\\u1081\\u1100-\\u115E\\u1161-\\u11FF\\u1780-\\u17B3\\u17D7\\u17DC\\u1950-\\u19AB\\u1A00-\\u1A16\\u1A20-\\u1A54\\u2E80-\\u2FDF\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u3038-\\u303C\\u3041-\\u3096\\u309D-\\u309F\\u30A1-\\u30FA\\u30FC-\\u30FF\\u3105-\\u312F\\u3131-\\u3163\\u3165-\\u318E\\u31A0-\\u31BF\\u31F0-\\u31FF\\u3400-\\u4DBF\\u4E00-\\uA48C\\uA960-\\uA97C\\uA9E0-\\uA9FE\\uAA60-\\uAA76\\uAA80-\\uAADD\\uAC00-\\uD7FB\\uF900-\\uFAFF\\U0001B000-\\U0001B16F\\U00020000-\\U0003FFFD\\u0E31\\u0E34-\\u0E3A\\u0E47-\\u0E4E\\u0EB1\\u0EB4-\\u0EBC\\u0EC8-\\u0ECE\\u102B-\\u103E\\u1056-\\u1059\\u105E-\\u1060\\u1062-\\u1064\\u1067-\\u106D\\u1071-\\u1074\\u1082-\\u108D\\u108F\\u109A-\\u109D\\u17B6-\\u17D3\\u17DD\\u19B0-\\u19C9\\u1A17-\\u1A1B\\u1A55-\\u1A7F\\u3099\\u309A]\\x02*_*(?:[^_\\x03-\\x2F\\x3A-\\x40\\x5B-\\x5E\\x60\\x7B-\\x7F\\u0E01-\\u0E30\\u0E32\\u0E33\\u0E40-\\u0E46\\u0E81-\\u0EB0\\u0EB2\\u0EB3\\u0EBD-\\u0EC6\\u0EDC-\\u0EDF\\u1000-\\u102A\\u103F\\u1050-\\u1055\\u105A-\\u105D\\u1061\\u1065\\u1066\\u106E-\\u1070\\u1075-\\u1081\\u1100-\\u115E\\u1161-\\u11FF\\u1780-\\u17B3\\u17D7\\u17DC\\u1950-\\u19AB\\u1A00-\\u1A16\\u1A20-\\u1A54\\u2E80-\\u2FDF\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u3038-\\u303C\\u3041-\\u3096\\u309D-\\u309F\\u30A1-\\u30FA\\u30FC-\\u30FF\\u3105-\\u312F\\u3131-\\u3163\\u3165-\\u318E\\u31A0-\\u31BF\\u31F0-\\u31FF\\u3400-\\u4DBF\\u4E00-\\uA48C\\uA960-\\uA97C\\uA9E0-\\uA9FE\\uAA60-\\uAA76\\uAA80-\\uAADD\\uAC00-\\uD7FB\\uF900-\\uFAFF\\U0001B000-\\U0001B16F\\U00020000-\\U0003FFFD\\u0E31\\u0E34-\\u0E3A\\u0E47-\\u0E4E\\u0EB1\\u0EB4-\\u0EBC\\u0EC8-\\u0ECE\\u102B-\\u103E\\u1056-\\u1059\\u105E-\\u1060\\u1062-\\u1064\\u1067-\\u106D\\u1071-\\u1074\\u1082-\\u108D\\u108F\\u109A-\\u109D\\u17B6-\\u17D3\\u17DD\\u19B0-\\u19C9\\u1A17-\\u1A1B\\u1A55-\\u1A7F\\u3099\\u309A]*_*\\x02*[\\x03-\\x2F\\x3A-\\x40\\x5B-\\x5E\\x60\\x7B-\\x7F\\u0E01-\\u0E30\\u0E32\\u0E33\\u0E40-\\u0E46\\u0E81-\\u0EB0\\u0EB2\\u0EB3\\u0EBD-\\u0EC6\\u0EDC-\\u0EDF\\u1000-\\u102A\\u103F\\u1050-\\u1055\\u105A-\\u105D\\u1061\\u1065\\u1066\\u106E-\\u1070\\u1075-\\u1081\\u1100-\\u115E\\u1161-\\u11FF\\u1780-\\u17B3\\u17D7\\u17DC\\u1950-\\u19AB\\u1A00-\\u1A16\\u1A20-\\u1A54\\u2E80-\\u2FDF\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u3038-\\u303C\\u3041-\\u3096\\u309D-\\u309F\\u30A1-\\u30FA\\u30FC-\\u30FF\\u3105-\\u312F\\u3131-\\u3163\\u3165-\\u318E\\u31A0-\\u31BF\\u31F0-\\u31FF\\u3400-\\u4DBF\\u4E00-\\uA48C\\uA960-\\uA97C\\uA9E0-\\uA9FE\\uAA60-\\uAA76\\uAA80-\\uAADD\\uAC00-\\uD7FB\\uF900-\\uFAFF\\U0001B000-\\U0001B16F\\U00020000-\\U0003FFFD\\u0E31\\u0E34-\\u0E3A\\u0E47-\\u0E4E\\u0EB1\\u0EB4-\\u0EBC\\u0EC8-\\u0ECE\\u102B-\\u103E\\u1056-\\u1059\\u105E-\\u1060\\u1062-\\u1064\\u1067-\\u106D\\u1071-\\u1074\\u1082-\\u108D\\u108F\\u109A-\\u109D\\u17B6-\\u17D3\\u17DD\\u19B0-\\u19C9\\u1A17-\\u1A1B\\u1A55-\\u1A7F\\u3099\\u309A]\\x02*_*)*', ' ', 'g');
        END IF;
        IF pg_catalog.int4gt(pg_catalog.char_length(parted), 100) THEN
            parted := pg_catalog.regexp_replace(parted, ' [^ ]{100}[^ ]+', '', 'g');
        END IF;
        parted := pg_catalog.translate(parted,  E'\x02\x01', '__');
        IF pg_catalog.textregexeq(parted, '[0-9]_*[A-Za-z]+_*[0-9]') THEN
            parted := pg_catalog.regexp_replace(parted, ' (?:[0-9a-f_]*(?:[0-9]_*[a-f]+_*[0-9]+_*[a-f]|[a-f]_*[0-9]+_*[a-f]+_*[0-9])[0-9a-f_]*|[0-9A-F_]*(?:[0-9]_*[A-F]+_*[0-9]+_*[A-F]|[A-F]_*[0-9]+_*[A-F]+_*[0-9])[0-9A-F_]*|[^ ]*(?:[0-9]_*[A-Za-z]+_*){5}[^ ]*)(?= |$)', '', 'g');
        END IF;
    END IF;
    long := pg_catalog.concat(compounds, parted);
    IF pg_catalog.textlike(long,  E'%\\_%\\_%') AND pg_catalog.textregexeq(long, '_[^ _]+_[^ ]') THEN
        long := pg_catalog.replace(long, ' ', '  ');
        long := pg_catalog.replace(pg_catalog.regexp_replace(long, ' [^ _]+_+[^ _]+ ', '', 'g'), '  ', ' ');
        long := pg_catalog.replace(long, '_', '__');
        compounds := pg_catalog.concat(compounds, pg_catalog.regexp_replace(long, '_([^ _]+)_(?=_+[^ ])',  E'_\\1 \\1_', 'g'));
    END IF;
    IF pg_catalog.int4gt(pg_catalog.strpos(compounds, '_'), 0) THEN
        compounds := pg_catalog.replace(pg_catalog.regexp_replace(compounds, '([0-9])_+(?=[0-9])',  E'\\1.', 'g'), '_', '');
    END IF;
    IF pg_catalog.int4gt(pg_catalog.strpos($1, '.NET'), 0)
        AND pg_catalog.textregexeq($1, '[[:alnum:]#][.]NET(?![[:alpha:]])') THEN
        parted := pg_catalog.concat(parted, ' dotnet');
    END IF;
    RETURN pg_catalog.replace(pg_catalog.concat(spaced, compounds, parted), '_', '=');
END
$_$;
CREATE FUNCTION pgrecall.analysis_1(text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN (($1 ~ ('[./\\@:&+#_<>~^%''][^[:space:]]|[a-z][A-Z]|[A-Z][A-Z][a-z][a-z]|[A-Za-z][0-9#+]|[0-9](?:-|,[0-9]|[A-Za-z])|-(?:[0-9]|[ \t\r]*\n)'::text COLLATE "C")) OR ((octet_length($1) <> char_length($1)) AND ($1 ~ ('[^\x09-\x7E\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u0131\u0134-\u013E\u0141-\u0148\u014A-\u017E\u0386\u0388-\u03A2\u03A4-\u03CE\u0400-\u0481]|[a-z\u00DF-\u00F6\u00F8-\u00FF\u03AC-\u03CE\u0430-\u045F][A-Z\u00C0-\u00D6\u00D8-\u00DE\u0391-\u03AB\u0400-\u042F]'::text COLLATE "C")))) THEN pgrecall.analysis_1_form("left"($1, 130000), true, true) WHEN (strpos($1, '-'::text) > 0) THEN (replace("left"($1, 130000), '-'::text, '='::text) || replace(regexp_replace(((' '::text || ("left"($1, 130000) COLLATE "C")) || ' '::text), '-*[\x01-\x2C\x2E-\x2F\x3A-\x40\x5B-\x60\x7B-\x7F]-*(?:[^\x01-\x2F\x3A-\x40\x5B-\x60\x7B-\x7F]*-*[\x01-\x2C\x2E-\x2F\x3A-\x40\x5B-\x60\x7B-\x7F]-*)*'::text, ' '::text, 'g'::text), '-'::text, ''::text)) ELSE $1 END;
CREATE FUNCTION pgrecall.analysis_2_form(text, stored boolean, tail boolean) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $_$
DECLARE
    t text COLLATE pg_catalog."C" := $1;
    compounds text COLLATE pg_catalog."C";
    parted text COLLATE pg_catalog."C";
    long text COLLATE pg_catalog."C";
    spaced text COLLATE pg_catalog."C";
    beyond boolean := pg_catalog.int4ne(pg_catalog.octet_length($1), pg_catalog.char_length($1))
        AND pg_catalog.nameeq(pg_catalog.getdatabaseencoding(), 'UTF8');
BEGIN
    IF pg_catalog.int4gt(pg_catalog.strpos(t, pg_catalog.chr(27)), 0) THEN
        t := pg_catalog.regexp_replace(pg_catalog.regexp_replace(t,  E'\\u001B(?:\\[[0-9;:]*[mK]|[()][0-9A-Z])', '', 'g'),  E'\\u001B(?:\\[[0-?]*[ -/]*[@-~]|\\](?:8;[^;\\u0007\\u001B]*|[0-9]+);|\\\\)', ' ', 'g');
    END IF;
    IF pg_catalog.int4gt(pg_catalog.strpos(t, '['), 0) THEN
        IF pg_catalog.int4gt(pg_catalog.strpos(t, '[0m'), 0) OR pg_catalog.int4gt(pg_catalog.strpos(t, '[39m'), 0) THEN
            t := pg_catalog.regexp_replace(t,  E'(?:\\\\(?:x1[Bb]|0?33|u001[Bb]|[Ee])|\\^\\[)\\[[0-9;]*[mK]|\\[[0-9]{1,3}(?:;[0-9]{1,3})*m(?!ins?\\M|[ms]\\M|\\])', '', 'g');
        END IF;
    END IF;
    IF beyond THEN
        IF pg_catalog.int4gt(pg_catalog.strpos(t, '
'), 0) THEN
            t := pg_catalog.regexp_replace(t,  E'([^\\x01-\\x40\\x5B-\\x60\\x7B-\\x7F])[-\\u2010\\u2011\\u00AC\\u00AD][ \\t]*\\r?\\n[ \\t]*(?=[^\\x01-\\x60\\x7B-\\x7F])|([A-Z][A-Z])[-\\u2010\\u2011\\u00AC\\u00AD][ \\t]*\\r?\\n[ \\t]*(?=[A-Z][A-Z])',  E'\\1\\2\x05', 'g');
        END IF;
        IF pg_catalog.textregexeq(t,  E'[^\\x09-\\x7E\\u00C0-\\u00D6\\u00D8-\\u00F6\\u00F8-\\u0131\\u0134-\\u013E\\u0141-\\u0148\\u014A-\\u017E\\u0386\\u0388-\\u03A2\\u03A4-\\u03CE\\u0400-\\u0481\\u00A1-\\u00A7\\u00A9\\u00AB\\u00AC\\u00AE\\u00B0\\u00B1\\u00B6\\u00B7\\u00BB\\u00BF\\u00D7\\u00F7\\u2010\\u2012-\\u2016\\u2018-\\u2023\\u2030-\\u2032\\u2039-\\u203B\\u20A0-\\u20A7\\u20A9-\\u20BF\\u2190-\\u222B\\u2231-\\u2328\\u2500-\\u2A0B\\u3001-\\u3029\\u3041-\\u3096\\u30A1-\\u30FE\\u4E00-\\u9FEF\\uAC00-\\uD7A3]') THEN
            IF pg_catalog.textregexeq(t,  E'[0-9][\\u00A0\\u00B2\\u00B3\\u00B9\\u00BC-\\u00BE\\u2009\\u202F\\u2070-\\u2089\\u2150-\\u215E]') THEN
                t := pg_catalog.regexp_replace(t,  E'((?:^|[^0-9])[0-9]{1,3})[\\u00A0\\u2009\\u202F]([0-9]{3})(?:[\\u00A0\\u2009\\u202F]([0-9]{3}))?(?:[\\u00A0\\u2009\\u202F]([0-9]{3}))?(?![0-9])',  E'\\1\\2\\3\\4', 'g');
                t := pg_catalog.regexp_replace(t,  E'([0-9])(?=[\\u00B2\\u00B3\\u00B9\\u2070-\\u2079\\u2080-\\u2089])',  E'\\1^', 'g');
                t := pg_catalog.regexp_replace(t,  E'([0-9])(?=[\\u00BC-\\u00BE\\u2150-\\u215E])',  E'\\1 ', 'g');
            END IF;
            t := pg_catalog.replace(t, pg_catalog.chr(8482), ' ');
            t := pg_catalog."normalize"(t, 'NFKC');
            t := pg_catalog.regexp_replace(t,  E'[\\u0591-\\u05BD\\u05BF\\u05C1\\u05C2\\u05C4\\u05C5\\u05C7\\u0610-\\u061A\\u0640\\u064B-\\u065F\\u0670\\u06D6-\\u06DC\\u06DF-\\u06E4\\u06E7\\u06E8\\u06EA-\\u06ED\\u00AD\\u034F\\u061C\\u115F\\u1160\\u17B4\\u17B5\\u180B-\\u180F\\u200B-\\u200F\\u202A-\\u202E\\u2060-\\u206F\\u3164\\uFE00-\\uFE0F\\uFEFF\\uFFF9-\\uFFFB\\U000E0000-\\U000E0FFF]+', '', 'g');
            IF pg_catalog.textregexeq(t,  E'[\\u0660-\\u0669\\u06F0-\\u06F9\\u0966-\\u096F\\u09E6-\\u09EF\\u0A66-\\u0A6F\\u0AE6-\\u0AEF\\u0B66-\\u0B6F\\u0BE6-\\u0BEF\\u0C66-\\u0C6F\\u0CE6-\\u0CEF\\u0D66-\\u0D6F\\u0E50-\\u0E59\\u0ED0-\\u0ED9\\u0F20-\\u0F29\\u1040-\\u1049\\u17E0-\\u17E9\\u1810-\\u1819]|[\\u0300\\u0301\\u0E4D\\u0ECD]') THEN
                t := pg_catalog.translate(t, pg_catalog.concat(pg_catalog.concat(pg_catalog.chr(1632), pg_catalog.chr(1633), pg_catalog.chr(1634), pg_catalog.chr(1635), pg_catalog.chr(1636), pg_catalog.chr(1637), pg_catalog.chr(1638), pg_catalog.chr(1639), pg_catalog.chr(1640), pg_catalog.chr(1641)), pg_catalog.concat(pg_catalog.chr(1776), pg_catalog.chr(1777), pg_catalog.chr(1778), pg_catalog.chr(1779), pg_catalog.chr(1780), pg_catalog.chr(1781), pg_catalog.chr(1782), pg_catalog.chr(1783), pg_catalog.chr(1784), pg_catalog.chr(1785)), pg_catalog.concat(pg_catalog.chr(2406), pg_catalog.chr(2407), pg_catalog.chr(2408), pg_catalog.chr(2409), pg_catalog.chr(2410), pg_catalog.chr(2411), pg_catalog.chr(2412), pg_catalog.chr(2413), pg_catalog.chr(2414), pg_catalog.chr(2415)), pg_catalog.concat(pg_catalog.chr(2534), pg_catalog.chr(2535), pg_catalog.chr(2536), pg_catalog.chr(2537), pg_catalog.chr(2538), pg_catalog.chr(2539), pg_catalog.chr(2540), pg_catalog.chr(2541), pg_catalog.chr(2542), pg_catalog.chr(2543)), pg_catalog.concat(pg_catalog.chr(2662), pg_catalog.chr(2663), pg_catalog.chr(2664), pg_catalog.chr(2665), pg_catalog.chr(2666), pg_catalog.chr(2667), pg_catalog.chr(2668), pg_catalog.chr(2669), pg_catalog.chr(2670), pg_catalog.chr(2671)), pg_catalog.concat(pg_catalog.chr(2790), pg_catalog.chr(2791), pg_catalog.chr(2792), pg_catalog.chr(2793), pg_catalog.chr(2794), pg_catalog.chr(2795), pg_catalog.chr(2796), pg_catalog.chr(2797), pg_catalog.chr(2798), pg_catalog.chr(2799)), pg_catalog.concat(pg_catalog.chr(2918), pg_catalog.chr(2919), pg_catalog.chr(2920), pg_catalog.chr(2921), pg_catalog.chr(2922), pg_catalog.chr(2923), pg_catalog.chr(2924), pg_catalog.chr(2925), pg_catalog.chr(2926), pg_catalog.chr(2927)), pg_catalog.concat(pg_catalog.chr(3046), pg_catalog.chr(3047), pg_catalog.chr(3048), pg_catalog.chr(3049), pg_catalog.chr(3050), pg_catalog.chr(3051), pg_catalog.chr(3052), pg_catalog.chr(3053), pg_catalog.chr(3054), pg_catalog.chr(3055)), pg_catalog.concat(pg_catalog.chr(3174), pg_catalog.chr(3175), pg_catalog.chr(3176), pg_catalog.chr(3177), pg_catalog.chr(3178), pg_catalog.chr(3179), pg_catalog.chr(3180), pg_catalog.chr(3181), pg_catalog.chr(3182), pg_catalog.chr(3183)), pg_catalog.concat(pg_catalog.chr(3302), pg_catalog.chr(3303), pg_catalog.chr(3304), pg_catalog.chr(3305), pg_catalog.chr(3306), pg_catalog.chr(3307), pg_catalog.chr(3308), pg_catalog.chr(3309), pg_catalog.chr(3310), pg_catalog.chr(3311)), pg_catalog.concat(pg_catalog.chr(3430), pg_catalog.chr(3431), pg_catalog.chr(3432), pg_catalog.chr(3433), pg_catalog.chr(3434), pg_catalog.chr(3435), pg_catalog.chr(3436), pg_catalog.chr(3437), pg_catalog.chr(3438), pg_catalog.chr(3439)), pg_catalog.concat(pg_catalog.chr(3664), pg_catalog.chr(3665), pg_catalog.chr(3666), pg_catalog.chr(3667), pg_catalog.chr(3668), pg_catalog.chr(3669), pg_catalog.chr(3670), pg_catalog.chr(3671), pg_catalog.chr(3672), pg_catalog.chr(3673)), pg_catalog.concat(pg_catalog.chr(3792), pg_catalog.chr(3793), pg_catalog.chr(3794), pg_catalog.chr(3795), pg_catalog.chr(3796), pg_catalog.chr(3797), pg_catalog.chr(3798), pg_catalog.chr(3799), pg_catalog.chr(3800), pg_catalog.chr(3801)), pg_catalog.concat(pg_catalog.chr(3872), pg_catalog.chr(3873), pg_catalog.chr(3874), pg_catalog.chr(3875), pg_catalog.chr(3876), pg_catalog.chr(3877), pg_catalog.chr(3878), pg_catalog.chr(3879), pg_catalog.chr(3880), pg_catalog.chr(3881)), pg_catalog.concat(pg_catalog.chr(4160), pg_catalog.chr(4161), pg_catalog.chr(4162), pg_catalog.chr(4163), pg_catalog.chr(4164), pg_catalog.chr(4165), pg_catalog.chr(4166), pg_catalog.chr(4167), pg_catalog.chr(4168), pg_catalog.chr(4169)), pg_catalog.concat(pg_catalog.chr(6112), pg_catalog.chr(6113), pg_catalog.chr(6114), pg_catalog.chr(6115), pg_catalog.chr(6116), pg_catalog.chr(6117), pg_catalog.chr(6118), pg_catalog.chr(6119), pg_catalog.chr(6120), pg_catalog.chr(6121)), pg_catalog.concat(pg_catalog.chr(6160), pg_catalog.chr(6161), pg_catalog.chr(6162), pg_catalog.chr(6163), pg_catalog.chr(6164), pg_catalog.chr(6165), pg_catalog.chr(6166), pg_catalog.chr(6167), pg_catalog.chr(6168), pg_catalog.chr(6169))), '01234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789');
                t := pg_catalog.regexp_replace(t,  E'([\\u0410-\\u044F])[\\u0300\\u0301]',  E'\\1', 'g');
                t := pg_catalog.regexp_replace(t,  E'([\\u0E4D\\u0ECD])([\\u0E48-\\u0E4B\\u0EC8-\\u0ECB])',  E'\\2\\1', 'g');
            END IF;
        END IF;
        IF pg_catalog.int4gt(pg_catalog.strpos(t, pg_catalog.chr(931)), 0) THEN
            t := pg_catalog.regexp_replace(t,  E'([\\u0370-\\u03FF])\\u03A3(?![\\u0370-\\u03FF])', pg_catalog.concat( E'\\1', pg_catalog.chr(962)), 'g');
        END IF;
        IF pg_catalog.int4gt(pg_catalog.strpos(t, pg_catalog.chr(215)), 0) THEN
            t := pg_catalog.regexp_replace(t,  E'([0-9])\\u00D7(?![[:alpha:]]|10\\^)|([0-9] )\\u00D7(?= [0-9])(?! 10\\^)',  E'\\1\\2x', 'g');
        END IF;
        t := pg_catalog.regexp_replace(t,  E'[\\u0080-\\u00A9\\u00AB-\\u00B1\\u00B4\\u00B6-\\u00B8\\u00BB\\u00BF\\u00D7\\u00F7\\u2000-\\u200A\\u2014-\\u2017\\u201A\\u201C-\\u201F\\u2020-\\u2029\\u202F-\\u2031\\u2033-\\u2043\\u2045-\\u205F\\u20A0-\\u20CF\\u2190-\\u2211\\u2213\\u2214\\u2216-\\u266E\\u2670-\\u2BFF\\u2E00-\\u2E7F\\u3000-\\u3004\\u3008-\\u3020\\u3030\\u3036\\u3037\\u303D-\\u303F\\u30A0\\u30FB\\uFE10-\\uFE6F\\uFF01-\\uFF0F\\U0001F000-\\U0001FAFF]+', ' ', 'g');
        t := pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(t, pg_catalog.chr(8208), '-'), pg_catalog.chr(8209), '-'), pg_catalog.chr(8210), '-'), pg_catalog.chr(8211), '-'), pg_catalog.chr(8722), '-'), pg_catalog.chr(8216), ''''), pg_catalog.chr(8217), ''''), pg_catalog.chr(8219), ''''), pg_catalog.chr(699), ''''), pg_catalog.chr(700), ''''), pg_catalog.chr(1523), ''''), pg_catalog.chr(8242), ''''), pg_catalog.chr(9839), '#'), pg_catalog.chr(8260), '/'), pg_catalog.chr(8725), '/');
    END IF;
    IF stored AND NOT beyond OR pg_catalog.textregexeq(t,  E'[./\\\\@:&+#_<>~^%][^[:space:]]|[0-9][-,'']|-[^[:space:]]|[A-Za-z][#+]|-[ \\t\\r]*\\n|[A-Za-z]''(?:[A-Za-z]{3}|[^DLMRSTVdlmrstv[:space:]])') THEN
        IF pg_catalog.int4gt(pg_catalog.strpos(t, '
'), 0) THEN
            t := pg_catalog.regexp_replace(t,  E'([^\\x01-\\x40\\x5B-\\x60\\x7B-\\x7F])[-\\u2010\\u2011\\u00AC\\u00AD][ \\t]*\\r?\\n[ \\t]*(?=[^\\x01-\\x60\\x7B-\\x7F])|([A-Z][A-Z])[-\\u2010\\u2011\\u00AC\\u00AD][ \\t]*\\r?\\n[ \\t]*(?=[A-Z][A-Z])',  E'\\1\\2\x05', 'g');
        END IF;
        IF pg_catalog.int4gt(pg_catalog.strpos(t, '<'), 0) OR pg_catalog.int4gt(pg_catalog.strpos(t, '&'), 0) OR pg_catalog.int4gt(pg_catalog.strpos(t, '%'), 0) OR pg_catalog.int4gt(pg_catalog.strpos(t, '+'), 0) OR pg_catalog.int4gt(pg_catalog.strpos(t, '#'), 0) OR
            pg_catalog.int4gt(pg_catalog.strpos(pg_catalog.lower(t), '.net'), 0) THEN
            IF pg_catalog.int4gt(pg_catalog.strpos(t, '<'), 0) AND pg_catalog.textregexeq(t, '</?[A-Za-z]+[1-6]?(?:[[:space:]]+[A-Za-z:-]+=[^<>]*)?[[:space:]]*/?>|<!--') THEN
                t := pg_catalog.regexp_replace(t, '</?(?:a|abbr|article|aside|b|blockquote|body|br|button|center|cite|code|col|dd|del|details|div|dl|dt|em|figcaption|figure|font|footer|form|h[1-6]|head|header|hr|html|i|iframe|img|input|ins|kbd|label|li|link|main|mark|meta|nav|ol|option|p|path|pre|q|s|samp|script|section|select|small|span|strike|strong|style|sub|summary|sup|svg|table|tbody|td|textarea|tfoot|th|thead|title|tr|tt|u|ul|video|A|ABBR|ARTICLE|ASIDE|B|BLOCKQUOTE|BODY|BR|BUTTON|CENTER|CITE|CODE|COL|DD|DEL|DETAILS|DIV|DL|DT|EM|FIGCAPTION|FIGURE|FONT|FOOTER|FORM|H[1-6]|HEAD|HEADER|HR|HTML|I|IFRAME|IMG|INPUT|INS|KBD|LABEL|LI|LINK|MAIN|MARK|META|NAV|OL|OPTION|P|PATH|PRE|Q|S|SAMP|SCRIPT|SECTION|SELECT|SMALL|SPAN|STRIKE|STRONG|STYLE|SUB|SUMMARY|SUP|SVG|TABLE|TBODY|TD|TEXTAREA|TFOOT|TH|THEAD|TITLE|TR|TT|U|UL|VIDEO)(?:[[:space:]]+[A-Za-z:-]+=[^<>]*)?[[:space:]]*/?>|<!--.*?-->', ' ', 'g');
            END IF;
            IF pg_catalog.int4gt(pg_catalog.strpos(t, '&'), 0) OR pg_catalog.int4gt(pg_catalog.strpos(t, '%'), 0) THEN
                t := pg_catalog.regexp_replace(t, '&(?:[a-z]{2,8}|#[0-9]{1,7}|#x[0-9a-f]{1,6});|%(?:20|[23][a-f]|[57][b-f])(?=[[:alnum:]])', '_', 'gi');
            END IF;
            IF pg_catalog.int4gt(pg_catalog.strpos(t, '++'), 0) THEN
                t := pg_catalog.regexp_replace(t, '((?:^|[^[:alnum:]_])[A-Za-z])[+][+](?![[:alpha:]+])',  E'\\1plusplus_', 'g');
            END IF;
            IF pg_catalog.int4gt(pg_catalog.strpos(t, '#'), 0) THEN
                t := pg_catalog.regexp_replace(t, '((?:^|[^[:alnum:]_&])[A-Za-z])#(?![[:alpha:]_])',  E'\\1sharp_', 'g');
            END IF;
            IF pg_catalog.int4gt(pg_catalog.strpos(pg_catalog.lower(t), '.net'), 0) THEN
                t := pg_catalog.regexp_replace(t, '(^|[^[:alnum:]_])[.]net(?![[:alpha:]_])',  E'\\1dotnet', 'gi');
            END IF;
        END IF;
        IF pg_catalog.int4gt(pg_catalog.strpos(t, ','), 0) OR pg_catalog.int4gt(pg_catalog.strpos(t, ''''), 0) THEN
            t := pg_catalog.regexp_replace(t, '((?:^|[^0-9])[0-9]{1,3})[,'']([0-9]{3})(?:[,'']([0-9]{3}))?(?:[,'']([0-9]{3}))?(?![0-9])',  E'\\1\\2\\3\\4', 'g');
        END IF;
        IF pg_catalog.int4gt(pg_catalog.strpos(t,  E'\\'), 0) THEN
            t := pg_catalog.regexp_replace(t,  E'([^[:space:]{}$(][\\\\][nrt])(?=[[:alpha:]]{2})',  E'\\1\x05', 'g');
        END IF;
        t := pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(t, '-', '_'), '.', '_'), '/', '_'),  E'\\', '_'), '@', '_'), ':', '_'), '&', '_'), '+', '_'), '#', '_'), '<', '_'), '>', '_'), '~', '_'), '^', '_'),  E'\x01', '_'),  E'\x02', '_');
        IF pg_catalog.int4gt(pg_catalog.strpos(t, ''''), 0) THEN
            t := pg_catalog.regexp_replace(t,  E'([A-Za-z])''(?=[^\\x01-\\x2F\\x3A-\\x40\\x5B-\\x60\\x7B-\\x7F])(?!(?:s|t|d|m|ll|re|ve)(?![[:alnum:]]))',  E'\\1_', 'gi');
        END IF;
    END IF;
    spaced := t;
    IF pg_catalog.int4gt(pg_catalog.strpos(t,  E'\x05'), 0) THEN
        spaced := pg_catalog.replace(t,  E'\x05', '');
        t := pg_catalog.replace(t,  E'\x05',  E'\x01');
    END IF;
    IF beyond AND pg_catalog.textregexeq(t,  E'[\\u0E01-\\u0E30\\u0E32\\u0E33\\u0E40-\\u0E46\\u0E81-\\u0EB0\\u0EB2\\u0EB3\\u0EBD-\\u0EC6\\u0EDC-\\u0EDF\\u1000-\\u102A\\u103F\\u1050-\\u1055\\u105A-\\u105D\\u1061\\u1065\\u1066\\u106E-\\u1070\\u1075-\\u1081\\u1100-\\u115E\\u1161-\\u11FF\\u1780-\\u17B3\\u17D7\\u17DC\\u1950-\\u19AB\\u1A00-\\u1A16\\u1A20-\\u1A54\\u2E80-\\u2FDF\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u3038-\\u303C\\u3041-\\u3096\\u309D-\\u309F\\u30A1-\\u30FA\\u30FC-\\u30FF\\u3105-\\u312F\\u3131-\\u3163\\u3165-\\u318E\\u31A0-\\u31BF\\u31F0-\\u31FF\\u3400-\\u4DBF\\u4E00-\\uA48C\\uA960-\\uA97C\\uA9E0-\\uA9FE\\uAA60-\\uAA76\\uAA80-\\uAADD\\uAC00-\\uD7FB\\uF900-\\uFAFF\\U0001B000-\\U0001B16F\\U00020000-\\U0003FFFD]') THEN
        spaced := pg_catalog.translate(spaced,  E'\x03\x04', '');
        spaced := pg_catalog.regexp_replace(pg_catalog.regexp_replace(spaced,  E'([\\u0E01-\\u0E30\\u0E32\\u0E33\\u0E40-\\u0E46\\u0E81-\\u0EB0\\u0EB2\\u0EB3\\u0EBD-\\u0EC6\\u0EDC-\\u0EDF\\u1000-\\u102A\\u103F\\u1050-\\u1055\\u105A-\\u105D\\u1061\\u1065\\u1066\\u106E-\\u1070\\u1075-\\u1081\\u1100-\\u115E\\u1161-\\u11FF\\u1780-\\u17B3\\u17D7\\u17DC\\u1950-\\u19AB\\u1A00-\\u1A16\\u1A20-\\u1A54\\u2E80-\\u2FDF\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u3038-\\u303C\\u3041-\\u3096\\u309D-\\u309F\\u30A1-\\u30FA\\u30FC-\\u30FF\\u3105-\\u312F\\u3131-\\u3163\\u3165-\\u318E\\u31A0-\\u31BF\\u31F0-\\u31FF\\u3400-\\u4DBF\\u4E00-\\uA48C\\uA960-\\uA97C\\uA9E0-\\uA9FE\\uAA60-\\uAA76\\uAA80-\\uAADD\\uAC00-\\uD7FB\\uF900-\\uFAFF\\U0001B000-\\U0001B16F\\U00020000-\\U0003FFFD][\\u0E31\\u0E34-\\u0E3A\\u0E47-\\u0E4E\\u0EB1\\u0EB4-\\u0EBC\\u0EC8-\\u0ECE\\u102B-\\u103E\\u1056-\\u1059\\u105E-\\u1060\\u1062-\\u1064\\u1067-\\u106D\\u1071-\\u1074\\u1082-\\u108D\\u108F\\u109A-\\u109D\\u17B6-\\u17D3\\u17DD\\u19B0-\\u19C9\\u1A17-\\u1A1B\\u1A55-\\u1A7F\\u3099\\u309A]*)',  E'\\1\x03\\1\x04', 'g'),  E'(^|[^\x04])[\\u0E01-\\u0E30\\u0E32\\u0E33\\u0E40-\\u0E46\\u0E81-\\u0EB0\\u0EB2\\u0EB3\\u0EBD-\\u0EC6\\u0EDC-\\u0EDF\\u1000-\\u102A\\u103F\\u1050-\\u1055\\u105A-\\u105D\\u1061\\u1065\\u1066\\u106E-\\u1070\\u1075-\\u1081\\u1100-\\u115E\\u1161-\\u11FF\\u1780-\\u17B3\\u17D7\\u17DC\\u1950-\\u19AB\\u1A00-\\u1A16\\u1A20-\\u1A54\\u2E80-\\u2FDF\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u3038-\\u303C\\u3041-\\u3096\\u309D-\\u309F\\u30A1-\\u30FA\\u30FC-\\u30FF\\u3105-\\u312F\\u3131-\\u3163\\u3165-\\u318E\\u31A0-\\u31BF\\u31F0-\\u31FF\\u3400-\\u4DBF\\u4E00-\\uA48C\\uA960-\\uA97C\\uA9E0-\\uA9FE\\uAA60-\\uAA76\\uAA80-\\uAADD\\uAC00-\\uD7FB\\uF900-\\uFAFF\\U0001B000-\\U0001B16F\\U00020000-\\U0003FFFD][\\u0E31\\u0E34-\\u0E3A\\u0E47-\\u0E4E\\u0EB1\\u0EB4-\\u0EBC\\u0EC8-\\u0ECE\\u102B-\\u103E\\u1056-\\u1059\\u105E-\\u1060\\u1062-\\u1064\\u1067-\\u106D\\u1071-\\u1074\\u1082-\\u108D\\u108F\\u109A-\\u109D\\u17B6-\\u17D3\\u17DD\\u19B0-\\u19C9\\u1A17-\\u1A1B\\u1A55-\\u1A7F\\u3099\\u309A]*\x03',  E'\\1^', 'g');
        IF NOT stored THEN
            spaced := pg_catalog.regexp_replace(spaced,  E'\x03[\\u0E01-\\u0E30\\u0E32\\u0E33\\u0E40-\\u0E46\\u0E81-\\u0EB0\\u0EB2\\u0EB3\\u0EBD-\\u0EC6\\u0EDC-\\u0EDF\\u1000-\\u102A\\u103F\\u1050-\\u1055\\u105A-\\u105D\\u1061\\u1065\\u1066\\u106E-\\u1070\\u1075-\\u1081\\u1100-\\u115E\\u1161-\\u11FF\\u1780-\\u17B3\\u17D7\\u17DC\\u1950-\\u19AB\\u1A00-\\u1A16\\u1A20-\\u1A54\\u2E80-\\u2FDF\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u3038-\\u303C\\u3041-\\u3096\\u309D-\\u309F\\u30A1-\\u30FA\\u30FC-\\u30FF\\u3105-\\u312F\\u3131-\\u3163\\u3165-\\u318E\\u31A0-\\u31BF\\u31F0-\\u31FF\\u3400-\\u4DBF\\u4E00-\\uA48C\\uA960-\\uA97C\\uA9E0-\\uA9FE\\uAA60-\\uAA76\\uAA80-\\uAADD\\uAC00-\\uD7FB\\uF900-\\uFAFF\\U0001B000-\\U0001B16F\\U00020000-\\U0003FFFD][\\u0E31\\u0E34-\\u0E3A\\u0E47-\\u0E4E\\u0EB1\\u0EB4-\\u0EBC\\u0EC8-\\u0ECE\\u102B-\\u103E\\u1056-\\u1059\\u105E-\\u1060\\u1062-\\u1064\\u1067-\\u106D\\u1071-\\u1074\\u1082-\\u108D\\u108F\\u109A-\\u109D\\u17B6-\\u17D3\\u17DD\\u19B0-\\u19C9\\u1A17-\\u1A1B\\u1A55-\\u1A7F\\u3099\\u309A]*\x04(?=[[:space:]-]|$)', '^', 'g');
        END IF;
        spaced := pg_catalog.translate(pg_catalog.regexp_replace(spaced,  E'\x04(?=[\\u0E01-\\u0E30\\u0E32\\u0E33\\u0E40-\\u0E46\\u0E81-\\u0EB0\\u0EB2\\u0EB3\\u0EBD-\\u0EC6\\u0EDC-\\u0EDF\\u1000-\\u102A\\u103F\\u1050-\\u1055\\u105A-\\u105D\\u1061\\u1065\\u1066\\u106E-\\u1070\\u1075-\\u1081\\u1100-\\u115E\\u1161-\\u11FF\\u1780-\\u17B3\\u17D7\\u17DC\\u1950-\\u19AB\\u1A00-\\u1A16\\u1A20-\\u1A54\\u2E80-\\u2FDF\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u3038-\\u303C\\u3041-\\u3096\\u309D-\\u309F\\u30A1-\\u30FA\\u30FC-\\u30FF\\u3105-\\u312F\\u3131-\\u3163\\u3165-\\u318E\\u31A0-\\u31BF\\u31F0-\\u31FF\\u3400-\\u4DBF\\u4E00-\\uA48C\\uA960-\\uA97C\\uA9E0-\\uA9FE\\uAA60-\\uAA76\\uAA80-\\uAADD\\uAC00-\\uD7FB\\uF900-\\uFAFF\\U0001B000-\\U0001B16F\\U00020000-\\U0003FFFD])', '', 'g'),  E'\x03\x04', '^^');
    END IF;
    IF stored THEN
        spaced := pg_catalog.replace(spaced, '_', ' ');
    END IF;
    IF NOT tail THEN
        RETURN spaced;
    END IF;
    t := pg_catalog.concat(' ', t, ' ');
    IF NOT beyond AND pg_catalog.namene(pg_catalog.getdatabaseencoding(), 'UTF8') THEN
        t := pg_catalog.regexp_replace(t,  E'_*[\\x03-\\x2F\\x3A-\\x40\\x5B-\\x5E\\x60\\x7B-\\x7F]_*(?:(?:[A-Z]?[^_0-9\\u0001A-Z\\x03-\\x2F\\x3A-\\x40\\x5B-\\x5E\\x60\\x7B-\\x7F]*|[A-Z]+|[0-9]+)_*[\\x03-\\x2F\\x3A-\\x40\\x5B-\\x5E\\x60\\x7B-\\x7F]_*)*', ' ', 'g');
    ELSIF pg_catalog.int4gt(pg_catalog.char_length(spaced), 600) THEN
        t := pg_catalog.regexp_replace(t,  E'_*[\\x03-\\x2F\\x3A-\\x40\\x5B-\\x5E\\x60\\x7B-\\x7F\\u0E01-\\u0E30\\u0E32\\u0E33\\u0E40-\\u0E46\\u0E81-\\u0EB0\\u0EB2\\u0EB3\\u0EBD-\\u0EC6\\u0EDC-\\u0EDF\\u1000-\\u102A\\u103F\\u1050-\\u1055\\u105A-\\u105D\\u1061\\u1065\\u1066\\u106E-\\u1070\\u1075-\\u1081\\u1100-\\u115E\\u1161-\\u11FF\\u1780-\\u17B3\\u17D7\\u17DC\\u1950-\\u19AB\\u1A00-\\u1A16\\u1A20-\\u1A54\\u2E80-\\u2FDF\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u3038-\\u303C\\u3041-\\u3096\\u309D-\\u309F\\u30A1-\\u30FA\\u30FC-\\u30FF\\u3105-\\u312F\\u3131-\\u3163\\u3165-\\u318E\\u31A0-\\u31BF\\u31F0-\\u31FF\\u3400-\\u4DBF\\u4E00-\\uA48C\\uA960-\\uA97C\\uA9E0-\\uA9FE\\uAA60-\\uAA76\\uAA80-\\uAADD\\uAC00-\\uD7FB\\uF900-\\uFAFF\\U0001B000-\\U0001B16F\\U00020000-\\U0003FFFD\\u0E31\\u0E34-\\u0E3A\\u0E47-\\u0E4E\\u0EB1\\u0EB4-\\u0EBC\\u0EC8-\\u0ECE\\u102B-\\u103E\\u1056-\\u1059\\u105E-\\u1060\\u1062-\\u1064\\u1067-\\u106D\\u1071-\\u1074\\u1082-\\u108D\\u108F\\u109A-\\u109D\\u17B6-\\u17D3\\u17DD\\u19B0-\\u19C9\\u1A17-\\u1A1B\\u1A55-\\u1A7F\\u3099\\u309A]_*(?:(?:[A-Z\\u00C0-\\u00D6\\u00D8-\\u00DE\\u0391-\\u03AB\\u0400-\\u042F]?[^_0-9\\u0001A-Z\\u00C0-\\u00D6\\u00D8-\\u00DE\\u0391-\\u03AB\\u0400-\\u042F\\x03-\\x2F\\x3A-\\x40\\x5B-\\x5E\\x60\\x7B-\\x7F\\u0E01-\\u0E30\\u0E32\\u0E33\\u0E40-\\u0E46\\u0E81-\\u0EB0\\u0EB2\\u0EB3\\u0EBD-\\u0EC6\\u0EDC-\\u0EDF\\u1000-\\u102A\\u103F\\u1050-\\u1055\\u105A-\\u105D\\u1061\\u1065\\u1066\\u106E-\\u1070\\u1075-\\u1081\\u1100-\\u115E\\u1161-\\u11FF\\u1780-\\u17B3\\u17D7\\u17DC\\u1950-\\u19AB\\u1A00-\\u1A16\\u1A20-\\u1A54\\u2E80-\\u2FDF\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u3038-\\u303C\\u3041-\\u3096\\u309D-\\u309F\\u30A1-\\u30FA\\u30FC-\\u30FF\\u3105-\\u312F\\u3131-\\u3163\\u3165-\\u318E\\u31A0-\\u31BF\\u31F0-\\u31FF\\u3400-\\u4DBF\\u4E00-\\uA48C\\uA960-\\uA97C\\uA9E0-\\uA9FE\\uAA60-\\uAA76\\uAA80-\\uAADD\\uAC00-\\uD7FB\\uF900-\\uFAFF\\U0001B000-\\U0001B16F\\U00020000-\\U0003FFFD\\u0E31\\u0E34-\\u0E3A\\u0E47-\\u0E4E\\u0EB1\\u0EB4-\\u0EBC\\u0EC8-\\u0ECE\\u102B-\\u103E\\u1056-\\u1059\\u105E-\\u1060\\u1062-\\u1064\\u1067-\\u106D\\u1071-\\u1074\\u1082-\\u108D\\u108F\\u109A-\\u109D\\u17B6-\\u17D3\\u17DD\\u19B0-\\u19C9\\u1A17-\\u1A1B\\u1A55-\\u1A7F\\u3099\\u309A]*|[A-Z\\u00C0-\\u00D6\\u00D8-\\u00DE\\u0391-\\u03AB\\u0400-\\u042F]+|[0-9]+)_*[\\x03-\\x2F\\x3A-\\x40\\x5B-\\x5E\\x60\\x7B-\\x7F\\u0E01-\\u0E30\\u0E32\\u0E33\\u0E40-\\u0E46\\u0E81-\\u0EB0\\u0EB2\\u0EB3\\u0EBD-\\u0EC6\\u0EDC-\\u0EDF\\u1000-\\u102A\\u103F\\u1050-\\u1055\\u105A-\\u105D\\u1061\\u1065\\u1066\\u106E-\\u1070\\u1075-\\u1081\\u1100-\\u115E\\u1161-\\u11FF\\u1780-\\u17B3\\u17D7\\u17DC\\u1950-\\u19AB\\u1A00-\\u1A16\\u1A20-\\u1A54\\u2E80-\\u2FDF\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u3038-\\u303C\\u3041-\\u3096\\u309D-\\u309F\\u30A1-\\u30FA\\u30FC-\\u30FF\\u3105-\\u312F\\u3131-\\u3163\\u3165-\\u318E\\u31A0-\\u31BF\\u31F0-\\u31FF\\u3400-\\u4DBF\\u4E00-\\uA48C\\uA960-\\uA97C\\uA9E0-\\uA9FE\\uAA60-\\uAA76\\uAA80-\\uAADD\\uAC00-\\uD7FB\\uF900-\\uFAFF\\U0001B000-\\U0001B16F\\U00020000-\\U0003FFFD\\u0E31\\u0E34-\\u0E3A\\u0E47-\\u0E4E\\u0EB1\\u0EB4-\\u0EBC\\u0EC8-\\u0ECE\\u102B-\\u103E\\u1056-\\u1059\\u105E-\\u1060\\u1062-\\u1064\\u1067-\\u106D\\u1071-\\u1074\\u1082-\\u108D\\u108F\\u109A-\\u109D\\u17B6-\\u17D3\\u17DD\\u19B0-\\u19C9\\u1A17-\\u1A1B\\u1A55-\\u1A7F\\u3099\\u309A]_*)*', ' ', 'g');
    END IF;
    compounds := pg_catalog.replace(t,  E'\x01', '');
    IF pg_catalog.int4gt(pg_catalog.strpos(compounds, '_'), 0) THEN
        compounds := pg_catalog.regexp_replace(compounds,  E'_*[\\x03-\\x2F\\x3A-\\x40\\x5B-\\x5E\\x60\\x7B-\\x7F\\u0E01-\\u0E30\\u0E32\\u0E33\\u0E40-\\u0E46\\u0E81-\\u0EB0\\u0EB2\\u0EB3\\u0EBD-\\u0EC6\\u0EDC-\\u0EDF\\u1000-\\u102A\\u103F\\u1050-\\u1055\\u105A-\\u105D\\u1061\\u1065\\u1066\\u106E-\\u1070\\u1075-\\u1081\\u1100-\\u115E\\u1161-\\u11FF\\u1780-\\u17B3\\u17D7\\u17DC\\u1950-\\u19AB\\u1A00-\\u1A16\\u1A20-\\u1A54\\u2E80-\\u2FDF\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u3038-\\u303C\\u3041-\\u3096\\u309D-\\u309F\\u30A1-\\u30FA\\u30FC-\\u30FF\\u3105-\\u312F\\u3131-\\u3163\\u3165-\\u318E\\u31A0-\\u31BF\\u31F0-\\u31FF\\u3400-\\u4DBF\\u4E00-\\uA48C\\uA960-\\uA97C\\uA9E0-\\uA9FE\\uAA60-\\uAA76\\uAA80-\\uAADD\\uAC00-\\uD7FB\\uF900-\\uFAFF\\U0001B000-\\U0001B16F\\U00020000-\\U0003FFFD\\u0E31\\u0E34-\\u0E3A\\u0E47-\\u0E4E\\u0EB1\\u0EB4-\\u0EBC\\u0EC8-\\u0ECE\\u102B-\\u103E\\u1056-\\u1059\\u105E-\\u1060\\u1062-\\u1064\\u1067-\\u106D\\u1071-\\u1074\\u1082-\\u108D\\u108F\\u109A-\\u109D\\u17B6-\\u17D3\\u17DD\\u19B0-\\u19C9\\u1A17-\\u1A1B\\u1A55-\\u1A7F\\u3099\\u309A]_*(?:[^_\\x03-\\x2F\\x3A-\\x40\\x5B-\\x5E\\x60\\x7B-\\x7F\\u0E01-\\u0E30\\u0E32\\u0E33\\u0E40-\\u0E46\\u0E81-\\u0EB0\\u0EB2\\u0EB3\\u0EBD-\\u0EC6\\u0EDC-\\u0EDF\\u1000-\\u102A\\u103F\\u1050-\\u1055\\u105A-\\u105D\\u1061\\u1065\\u1066\\u106E-\\u1070\\u1075-\\u1081\\u1100-\\u115E\\u1161-\\u11FF\\u1780-\\u17B3\\u17D7\\u17DC\\u1950-\\u19AB\\u1A00-\\u1A16\\u1A20-\\u1A54\\u2E80-\\u2FDF\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u3038-\\u303C\\u3041-\\u3096\\u309D-\\u309F\\u30A1-\\u30FA\\u30FC-\\u30FF\\u3105-\\u312F\\u3131-\\u3163\\u3165-\\u318E\\u31A0-\\u31BF\\u31F0-\\u31FF\\u3400-\\u4DBF\\u4E00-\\uA48C\\uA960-\\uA97C\\uA9E0-\\uA9FE\\uAA60-\\uAA76\\uAA80-\\uAADD\\uAC00-\\uD7FB\\uF900-\\uFAFF\\U0001B000-\\U0001B16F\\U00020000-\\U0003FFFD\\u0E31\\u0E34-\\u0E3A\\u0E47-\\u0E4E\\u0EB1\\u0EB4-\\u0EBC\\u0EC8-\\u0ECE\\u102B-\\u103E\\u1056-\\u1059\\u105E-\\u1060\\u1062-\\u1064\\u1067-\\u106D\\u1071-\\u1074\\u1082-\\u108D\\u108F\\u109A-\\u109D\\u17B6-\\u17D3\\u17DD\\u19B0-\\u19C9\\u1A17-\\u1A1B\\u1A55-\\u1A7F\\u3099\\u309A]*_*[\\x03-\\x2F\\x3A-\\x40\\x5B-\\x5E\\x60\\x7B-\\x7F\\u0E01-\\u0E30\\u0E32\\u0E33\\u0E40-\\u0E46\\u0E81-\\u0EB0\\u0EB2\\u0EB3\\u0EBD-\\u0EC6\\u0EDC-\\u0EDF\\u1000-\\u102A\\u103F\\u1050-\\u1055\\u105A-\\u105D\\u1061\\u1065\\u1066\\u106E-\\u1070\\u1075-\\u1081\\u1100-\\u115E\\u1161-\\u11FF\\u1780-\\u17B3\\u17D7\\u17DC\\u1950-\\u19AB\\u1A00-\\u1A16\\u1A20-\\u1A54\\u2E80-\\u2FDF\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u3038-\\u303C\\u3041-\\u3096\\u309D-\\u309F\\u30A1-\\u30FA\\u30FC-\\u30FF\\u3105-\\u312F\\u3131-\\u3163\\u3165-\\u318E\\u31A0-\\u31BF\\u31F0-\\u31FF\\u3400-\\u4DBF\\u4E00-\\uA48C\\uA960-\\uA97C\\uA9E0-\\uA9FE\\uAA60-\\uAA76\\uAA80-\\uAADD\\uAC00-\\uD7FB\\uF900-\\uFAFF\\U0001B000-\\U0001B16F\\U00020000-\\U0003FFFD\\u0E31\\u0E34-\\u0E3A\\u0E47-\\u0E4E\\u0EB1\\u0EB4-\\u0EBC\\u0EC8-\\u0ECE\\u102B-\\u103E\\u1056-\\u1059\\u105E-\\u1060\\u1062-\\u1064\\u1067-\\u106D\\u1071-\\u1074\\u1082-\\u108D\\u108F\\u109A-\\u109D\\u17B6-\\u17D3\\u17DD\\u19B0-\\u19C9\\u1A17-\\u1A1B\\u1A55-\\u1A7F\\u3099\\u309A]_*)*', ' ', 'g');
        IF pg_catalog.int4gt(pg_catalog.char_length(compounds), 100) THEN
            compounds := pg_catalog.regexp_replace(compounds, ' [^ ]{100}[^ ]+', '', 'g');
        END IF;
    ELSE
        compounds := ' ';
    END IF;
    IF pg_catalog.int4gt(pg_catalog.char_length(spaced), 600)
        OR pg_catalog.textregexeq(t,  E'[a-z\\u00DF-\\u00F6\\u00F8-\\u00FF\\u03AC-\\u03CE\\u0430-\\u045F][A-Z\\u00C0-\\u00D6\\u00D8-\\u00DE\\u0391-\\u03AB\\u0400-\\u042F]|[A-Z][A-Z][a-z][a-z]|[A-Za-z\\u00B5\\u00C0-\\u052F][A-Za-z\\u00B5\\u00C0-\\u052F][0-9]|[0-9][A-Za-z\\u00B5\\u00C0-\\u052F]|[Vv][0-9]|\x01') THEN
        IF beyond THEN
            IF pg_catalog.int4gt(pg_catalog.strpos(t, pg_catalog.chr(937)), 0) THEN
                t := pg_catalog.regexp_replace(t,  E'([0-9][0-9_]*[kKMGT])(\\u03A9)(?![[:alpha:]])',  E'\\1\\2 \\1', 'g');
            END IF;
        END IF;
        t := pg_catalog.regexp_replace(pg_catalog.regexp_replace(t,  E'([a-z\\u00DF-\\u00F6\\u00F8-\\u00FF\\u03AC-\\u03CE\\u0430-\\u045F])([A-Z\\u00C0-\\u00D6\\u00D8-\\u00DE\\u0391-\\u03AB\\u0400-\\u042F])',  E'\\1\x01\\2', 'g'), '([A-Z])([A-Z][a-z][a-z]|v[0-9])',  E'\\1\x01\\2', 'g');
        IF pg_catalog.textregexeq(t,  E'[A-Za-z\\u00B5\\u00C0-\\u052F][A-Za-z\\u00B5\\u00C0-\\u052F][0-9]|[0-9][A-Za-z\\u00B5\\u00C0-\\u052F]|[Vv][0-9]') THEN
            t := pg_catalog.regexp_replace(t,  E'([A-Za-z\\u00B5\\u00C0-\\u052F][A-Za-z\\u00B5\\u00C0-\\u052F]|[0-9][A-Za-z])([0-9])',  E'\\1\x01\\2', 'g');
            t := pg_catalog.regexp_replace(t,  E'([A-Za-z\\u00B5\\u00C0-\\u052F][A-Za-z\\u00B5\\u00C0-\\u052F]|[0-9][A-Za-z])([0-9])',  E'\\1\x01\\2', 'g');
            t := pg_catalog.regexp_replace(t,  E'([^A-Za-z0-9][Vv])(?=[0-9])|([0-9])(?=[A-Za-z\\u00B5\\u00C0-\\u052F])',  E'\\1\\2\x01', 'g');
        END IF;
        IF beyond THEN
            IF pg_catalog.int4gt(pg_catalog.strpos(t, pg_catalog.chr(937)), 0) THEN
                t := pg_catalog.regexp_replace(t,  E'(^|[^[:alpha:]])([kKMGTm\\u03BC])\\u0001(\\u03A9)(?![[:alpha:]])',  E'\\1\\2\\3', 'g');
            END IF;
        END IF;
    END IF;
    IF pg_catalog.int4gt(pg_catalog.strpos(t,  E'\x01'), 0) THEN
        IF pg_catalog.int4gt(pg_catalog.strpos(t,  E'\x02'), 0) THEN
            t := pg_catalog.replace(pg_catalog.replace(t, '_', ' '),  E'\x01', '_');
            parted := pg_catalog.regexp_replace(t,  E'_*[\\x03-\\x2F\\x3A-\\x40\\x5B-\\x5E\\x60\\x7B-\\x7F\\u0E01-\\u0E30\\u0E32\\u0E33\\u0E40-\\u0E46\\u0E81-\\u0EB0\\u0EB2\\u0EB3\\u0EBD-\\u0EC6\\u0EDC-\\u0EDF\\u1000-\\u102A\\u103F\\u1050-\\u1055\\u105A-\\u105D\\u1061\\u1065\\u1066\\u106E-\\u1070\\u1075-\\u1081\\u1100-\\u115E\\u1161-\\u11FF\\u1780-\\u17B3\\u17D7\\u17DC\\u1950-\\u19AB\\u1A00-\\u1A16\\u1A20-\\u1A54\\u2E80-\\u2FDF\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u3038-\\u303C\\u3041-\\u3096\\u309D-\\u309F\\u30A1-\\u30FA\\u30FC-\\u30FF\\u3105-\\u312F\\u3131-\\u3163\\u3165-\\u318E\\u31A0-\\u31BF\\u31F0-\\u31FF\\u3400-\\u4DBF\\u4E00-\\uA48C\\uA960-\\uA97C\\uA9E0-\\uA9FE\\uAA60-\\uAA76\\uAA80-\\uAADD\\uAC00-\\uD7FB\\uF900-\\uFAFF\\U0001B000-\\U0001B16F\\U00020000-\\U0003FFFD\\u0E31\\u0E34-\\u0E3A\\u0E47-\\u0E4E\\u0EB1\\u0EB4-\\u0EBC\\u0EC8-\\u0ECE\\u102B-\\u103E\\u1056-\\u1059\\u105E-\\u1060\\u1062-\\u1064\\u1067-\\u106D\\u1071-\\u1074\\u1082-\\u108D\\u108F\\u109A-\\u109D\\u17B6-\\u17D3\\u17DD\\u19B0-\\u19C9\\u1A17-\\u1A1B\\u1A55-\\u1A7F\\u3099\\u309A]_*(?:[^_\\x03-\\x2F\\x3A-\\x40\\x5B-\\x5E\\x60\\x7B-\\x7F\\u0E01-\\u0E30\\u0E32\\u0E33\\u0E40-\\u0E46\\u0E81-\\u0EB0\\u0EB2\\u0EB3\\u0EBD-\\u0EC6\\u0EDC-\\u0EDF\\u1000-\\u102A\\u103F\\u1050-\\u1055\\u105A-\\u105D\\u1061\\u1065\\u1066\\u106E-\\u1070\\u1075-\\u1081\\u1100-\\u115E\\u1161-\\u11FF\\u1780-\\u17B3\\u17D7\\u17DC\\u1950-\\u19AB\\u1A00-\\u1A16\\u1A20-\\u1A54\\u2E80-\\u2FDF\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u3038-\\u303C\\u3041-\\u3096\\u309D-\\u309F\\u30A1-\\u30FA\\u30FC-\\u30FF\\u3105-\\u312F\\u3131-\\u3163\\u3165-\\u318E\\u31A0-\\u31BF\\u31F0-\\u31FF\\u3400-\\u4DBF\\u4E00-\\uA48C\\uA960-\\uA97C\\uA9E0-\\uA9FE\\uAA60-\\uAA76\\uAA80-\\uAADD\\uAC00-\\uD7FB\\uF900-\\uFAFF\\U0001B000-\\U0001B16F\\U00020000-\\U0003FFFD\\u0E31\\u0E34-\\u0E3A\\u0E47-\\u0E4E\\u0EB1\\u0EB4-\\u0EBC\\u0EC8-\\u0ECE\\u102B-\\u103E\\u1056-\\u1059\\u105E-\\u1060\\u1062-\\u1064\\u1067-\\u106D\\u1071-\\u1074\\u1082-\\u108D\\u108F\\u109A-\\u109D\\u17B6-\\u17D3\\u17DD\\u19B0-\\u19C9\\u1A17-\\u1A1B\\u1A55-\\u1A7F\\u3099\\u309A]*_*[\\x03-\\x2F\\x3A-\\x40\\x5B-\\x5E\\x60\\x7B-\\x7F\\u0E01-\\u0E30\\u0E32\\u0E33\\u0E40-\\u0E46\\u0E81-\\u0EB0\\u0EB2\\u0EB3\\u0EBD-\\u0EC6\\u0EDC-\\u0EDF\\u1000-\\u102A\\u103F\\u1050-\\u1055\\u105A-\\u105D\\u1061\\u1065\\u1066\\u106E-\\u1070\\u1075-\\u1081\\u1100-\\u115E\\u1161-\\u11FF\\u1780-\\u17B3\\u17D7\\u17DC\\u1950-\\u19AB\\u1A00-\\u1A16\\u1A20-\\u1A54\\u2E80-\\u2FDF\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u3038-\\u303C\\u3041-\\u3096\\u309D-\\u309F\\u30A1-\\u30FA\\u30FC-\\u30FF\\u3105-\\u312F\\u3131-\\u3163\\u3165-\\u318E\\u31A0-\\u31BF\\u31F0-\\u31FF\\u3400-\\u4DBF\\u4E00-\\uA48C\\uA960-\\uA97C\\uA9E0-\\uA9FE\\uAA60-\\uAA76\\uAA80-\\uAADD\\uAC00-\\uD7FB\\uF900-\\uFAFF\\U0001B000-\\U0001B16F\\U00020000-\\U0003FFFD\\u0E31\\u0E34-\\u0E3A\\u0E47-\\u0E4E\\u0EB1\\u0EB4-\\u0EBC\\u0EC8-\\u0ECE\\u102B-\\u103E\\u1056-\\u1059\\u105E-\\u1060\\u1062-\\u1064\\u1067-\\u106D\\u1071-\\u1074\\u1082-\\u108D\\u108F\\u109A-\\u109D\\u17B6-\\u17D3\\u17DD\\u19B0-\\u19C9\\u1A17-\\u1A1B\\u1A55-\\u1A7F\\u3099\\u309A]_*)*', ' ', 'g');
        ELSE
            t := pg_catalog.replace(pg_catalog.replace(t, '_',  E'\x02'),  E'\x01', '_');
            parted := pg_catalog.regexp_replace(t,  E'_*\\x02*[\\x03-\\x2F\\x3A-\\x40\\x5B-\\x5E\\x60\\x7B-\\x7F\\u0E01-\\u0E30\\u0E32\\u0E33\\u0E40-\\u0E46\\u0E81-\\u0EB0\\u0EB2\\u0EB3\\u0EBD-\\u0EC6\\u0EDC-\\u0EDF\\u1000-\\u102A\\u103F\\u1050-\\u1055\\u105A-\\u105D\\u1061\\u1065\\u1066\\u106E-\\u1070\\u1075-\\u1081\\u1100-\\u115E\\u1161-\\u11FF\\u1780-\\u17B3\\u17D7\\u17DC\\u1950-\\u19AB\\u1A00-\\u1A16\\u1A20-\\u1A54\\u2E80-\\u2FDF\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u3038-\\u303C\\u3041-\\u3096\\u309D-\\u309F\\u30A1-\\u30FA\\u30FC-\\u30FF\\u3105-\\u312F\\u3131-\\u3163\\u3165-\\u318E\\u31A0-\\u31BF\\u31F0-\\u31FF\\u3400-\\u4DBF\\u4E00-\\uA48C\\uA960-\\uA97C\\uA9E0-\\uA9FE\\uAA60-\\uAA76\\uAA80-\\uAADD\\uAC00-\\uD7FB\\uF900-\\uFAFF\\U0001B000-\\U0001B16F\\U00020000-\\U0003FFFD\\u0E31\\u0E34-\\u0E3A\\u0E47-\\u0E4E\\u0EB1\\u0EB4-\\u0EBC\\u0EC8-\\u0ECE\\u102B-\\u103E\\u1056-\\u1059\\u105E-\\u1060\\u1062-\\u1064\\u1067-\\u106D\\u1071-\\u1074\\u1082-\\u108D\\u108F\\u109A-\\u109D\\u17B6-\\u17D3\\u17DD\\u19B0-\\u19C9\\u1A17-\\u1A1B\\u1A55-\\u1A7F\\u3099\\u309A]\\x02*_*(?:[^_\\x03-\\x2F\\x3A-\\x40\\x5B-\\x5E\\x60\\x7B-\\x7F\\u0E01-\\u0E30\\u0E32\\u0E33\\u0E40-\\u0E46\\u0E81-\\u0EB0\\u0EB2\\u0EB3\\u0EBD-\\u0EC6\\u0EDC-\\u0EDF\\u1000-\\u102A\\u103F\\u1050-\\u1055\\u105A-\\u105D\\u1061\\u1065\\u1066\\u106E-\\u1070\\u1075-\\u1081\\u1100-\\u115E\\u1161-\\u11FF\\u1780-\\u17B3\\u17D7\\u17DC\\u1950-\\u19AB\\u1A00-\\u1A16\\u1A20-\\u1A54\\u2E80-\\u2FDF\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u3038-\\u303C\\u3041-\\u3096\\u309D-\\u309F\\u30A1-\\u30FA\\u30FC-\\u30FF\\u3105-\\u312F\\u3131-\\u3163\\u3165-\\u318E\\u31A0-\\u31BF\\u31F0-\\u31FF\\u3400-\\u4DBF\\u4E00-\\uA48C\\uA960-\\uA97C\\uA9E0-\\uA9FE\\uAA60-\\uAA76\\uAA80-\\uAADD\\uAC00-\\uD7FB\\uF900-\\uFAFF\\U0001B000-\\U0001B16F\\U00020000-\\U0003FFFD\\u0E31\\u0E34-\\u0E3A\\u0E47-\\u0E4E\\u0EB1\\u0EB4-\\u0EBC\\u0EC8-\\u0ECE\\u102B-\\u103E\\u1056-\\u1059\\u105E-\\u1060\\u1062-\\u1064\\u1067-\\u106D\\u1071-\\u1074\\u1082-\\u108D\\u108F\\u109A-\\u109D\\u17B6-\\u17D3\\u17DD\\u19B0-\\u19C9\\u1A17-\\u1A1B\\u1A55-\\u1A7F\\u3099\\u309A]*_*\\x02*[\\x03-\\x2F\\x3A-\\x40\\x5B-\\x5E\\x60\\x7B-\\x7F\\u0E01-\\u0E30\\u0E32\\u0E33\\u0E40-\\u0E46\\u0E81-\\u0EB0\\u0EB2\\u0EB3\\u0EBD-\\u0EC6\\u0EDC-\\u0EDF\\u1000-\\u102A\\u103F\\u1050-\\u1055\\u105A-\\u105D\\u1061\\u1065\\u1066\\u106E-\\u1070\\u1075-\\u1081\\u1100-\\u115E\\u1161-\\u11FF\\u1780-\\u17B3\\u17D7\\u17DC\\u1950-\\u19AB\\u1A00-\\u1A16\\u1A20-\\u1A54\\u2E80-\\u2FDF\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u3038-\\u303C\\u3041-\\u3096\\u309D-\\u309F\\u30A1-\\u30FA\\u30FC-\\u30FF\\u3105-\\u312F\\u3131-\\u3163\\u3165-\\u318E\\u31A0-\\u31BF\\u31F0-\\u31FF\\u3400-\\u4DBF\\u4E00-\\uA48C\\uA960-\\uA97C\\uA9E0-\\uA9FE\\uAA60-\\uAA76\\uAA80-\\uAADD\\uAC00-\\uD7FB\\uF900-\\uFAFF\\U0001B000-\\U0001B16F\\U00020000-\\U0003FFFD\\u0E31\\u0E34-\\u0E3A\\u0E47-\\u0E4E\\u0EB1\\u0EB4-\\u0EBC\\u0EC8-\\u0ECE\\u102B-\\u103E\\u1056-\\u1059\\u105E-\\u1060\\u1062-\\u1064\\u1067-\\u106D\\u1071-\\u1074\\u1082-\\u108D\\u108F\\u109A-\\u109D\\u17B6-\\u17D3\\u17DD\\u19B0-\\u19C9\\u1A17-\\u1A1B\\u1A55-\\u1A7F\\u3099\\u309A]\\x02*_*)*', ' ', 'g');
        END IF;
        IF pg_catalog.int4gt(pg_catalog.char_length(parted), 100) THEN
            parted := pg_catalog.regexp_replace(parted, ' [^ ]{100}[^ ]+', '', 'g');
        END IF;
        parted := pg_catalog.translate(parted,  E'\x02\x01', '__');
        IF pg_catalog.textregexeq(parted, '[0-9]_*[A-Za-z]+_*[0-9]') THEN
            parted := pg_catalog.regexp_replace(parted, ' (?:[0-9a-f_]*(?:[0-9]_*[a-f]+_*[0-9]+_*[a-f]|[a-f]_*[0-9]+_*[a-f]+_*[0-9])[0-9a-f_]*|[0-9A-F_]*(?:[0-9]_*[A-F]+_*[0-9]+_*[A-F]|[A-F]_*[0-9]+_*[A-F]+_*[0-9])[0-9A-F_]*|[^ ]*(?:[0-9]_*[A-Za-z]+_*){5}[^ ]*)(?= |$)', '', 'g');
        END IF;
    END IF;
    long := pg_catalog.concat(compounds, parted);
    IF pg_catalog.textlike(long,  E'%\\_%\\_%') THEN
        long := pg_catalog.replace(long, ' ', '  ');
        long := pg_catalog.replace(pg_catalog.regexp_replace(long, '(?: [^ _]+_+[^ _]+ )+', '', 'g'), '  ', ' ');
        long := pg_catalog.replace(long, '_', '__');
        compounds := pg_catalog.concat(compounds, pg_catalog.regexp_replace(long, '_([^ _]+)_',  E'_\\1 \\1_', 'g'));
    END IF;
    IF pg_catalog.int4gt(pg_catalog.strpos(compounds, '_'), 0) THEN
        compounds := pg_catalog.replace(pg_catalog.regexp_replace(compounds, '([0-9])_+(?=[0-9])',  E'\\1.', 'g'), '_', '');
    END IF;
    IF pg_catalog.int4gt(pg_catalog.strpos($1, '.NET'), 0)
        AND pg_catalog.textregexeq($1, '[[:alnum:]#][.]NET(?![[:alpha:]])') THEN
        parted := pg_catalog.concat(parted, ' dotnet');
    END IF;
    IF stored THEN
        IF pg_catalog.textne(pg_catalog.btrim(compounds), '') THEN
            compounds := pg_catalog.concat(' 0q0z0q ', pg_catalog.rtrim(compounds));
        END IF;
        parted := pg_catalog.replace(pg_catalog.rtrim(parted), '  ', ' ');
        parted := pg_catalog.replace(parted, ' ', ' 0q0z0q ');
    END IF;
    RETURN pg_catalog.replace(pg_catalog.concat(spaced, compounds, parted), '_', '=');
END
$_$;
CREATE FUNCTION pgrecall.analysis_2(text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN (($1 ~ ('[./\\@:&+#_<>~^%''][^[:space:]]|[a-z][A-Z]|[A-Z][A-Z][a-z][a-z]|[A-Za-z][0-9#+]|[0-9](?:-|,[0-9]|[A-Za-z])|-(?:[0-9]|[ \t\r]*\n)'::text COLLATE "C")) OR ((octet_length($1) <> char_length($1)) AND ($1 ~ ('[^\x09-\x7E\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u0131\u0134-\u013E\u0141-\u0148\u014A-\u017E\u0386\u0388-\u03A2\u03A4-\u03CE\u0400-\u0481]|[a-z\u00DF-\u00F6\u00F8-\u00FF\u03AC-\u03CE\u0430-\u045F][A-Z\u00C0-\u00D6\u00D8-\u00DE\u0391-\u03AB\u0400-\u042F]'::text COLLATE "C")))) THEN pgrecall.analysis_2_form("left"($1, 130000), true, true) WHEN (strpos($1, '-'::text) > 0) THEN ((replace("left"($1, 130000), '-'::text, '='::text) || ' 0q0z0q'::text) || replace(regexp_replace(((' '::text || ("left"($1, 130000) COLLATE "C")) || ' '::text), '-*[\x01-\x2C\x2E-\x2F\x3A-\x40\x5B-\x60\x7B-\x7F]-*(?:[^\x01-\x2F\x3A-\x40\x5B-\x60\x7B-\x7F]*-*[\x01-\x2C\x2E-\x2F\x3A-\x40\x5B-\x60\x7B-\x7F]-*)*'::text, ' '::text, 'g'::text), '-'::text, ''::text)) ELSE $1 END;
CREATE FUNCTION pgrecall.instant_1(text) RETURNS timestamp with time zone
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN (($1 COLLATE "C") ~ '^(?:(?!0000)(?:[0-9][0-9][0-9][0-9]-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))|(?:[0-9][0-9](?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)(?:[Tt ](?!23:59:60[.]0*[1-9])(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:[.][0-9]+)?|24:00:00(?:[.]0+)?)(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])?)?)$'::text) THEN ((make_timestamp((substr($1, 1, 4))::integer, (substr($1, 6, 2))::integer, (substr($1, 9, 2))::integer, 0, 0, (0)::double precision) + make_interval(0, 0, 0, 0, (('0'::text || substr($1, 12, 2)))::integer, ((('0'::text || substr($1, 15, 2)))::integer - COALESCE(((("left"("substring"(($1 COLLATE "C"), '[+-][0-9][0-9]:[0-9][0-9]$'::text), 1) || '1'::text))::integer * (((substr("substring"(($1 COLLATE "C"), '[+-][0-9][0-9]:[0-9][0-9]$'::text), 2, 2))::integer * 60) + ("right"("substring"(($1 COLLATE "C"), '[+-][0-9][0-9]:[0-9][0-9]$'::text), 2))::integer)), 0)), (((('0'::text || substr($1, 18, 2)))::integer)::double precision + (round(((('0'::text || COALESCE("left"("substring"(($1 COLLATE "C"), '[.][0-9]+'::text), 31), ''::text)))::double precision * (1000000)::double precision)) / (1000000)::double precision)))) AT TIME ZONE 'UTC'::text) ELSE NULL::timestamp with time zone END;
CREATE FUNCTION pgrecall.reembed_6() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    IF to_regclass('pgrecall.reembed_6') IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = '42P01', CONSTRAINT = 'pgrecall_reembedded',
            MESSAGE = 'this collection was re-embedded: another table has taken its place';
    ELSIF TG_OP = 'INSERT' THEN
        INSERT INTO "pgrecall"."reembed_6" (id) SELECT id FROM new_rows;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO "pgrecall"."reembed_6" (id) SELECT id FROM new_rows UNION SELECT id FROM old_rows;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO "pgrecall"."reembed_6" (id) SELECT id FROM old_rows;
    ELSE
        INSERT INTO "pgrecall"."reembed_6" (id) SELECT id FROM "pgrecall"."items_t_nant_100_texts_5";
    END IF;
    RETURN NULL;
END
$$;
CREATE TABLE pgrecall."My ""t""" (
    id text NOT NULL COLLATE pg_catalog."C",
    text text NOT NULL,
    embedding public.halfvec(3),
    metadata jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);
ALTER TABLE ONLY pgrecall."My ""t""" ALTER COLUMN embedding SET STORAGE PLAIN;
CREATE TABLE pgrecall.blobs (
    tenant text NOT NULL COLLATE pg_catalog."C",
    space text NOT NULL COLLATE pg_catalog."C",
    namespace text[] NOT NULL COLLATE pg_catalog."C",
    key text NOT NULL COLLATE pg_catalog."C",
    number bigint NOT NULL,
    value bytea NOT NULL,
    content_type text,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone,
    ttl_minutes double precision
);
ALTER TABLE pgrecall.blobs ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME pgrecall.blobs_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE pgrecall.collections (
    id bigint NOT NULL,
    tenant text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL COLLATE pg_catalog."C",
    dimensions integer NOT NULL,
    embedding_model text NOT NULL,
    metric text NOT NULL,
    storage text NOT NULL,
    text_search text,
    fields jsonb NOT NULL,
    index jsonb,
    table_name text NOT NULL COLLATE pg_catalog."C",
    settings jsonb DEFAULT '{}'::jsonb NOT NULL,
    indexes_pending boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    source jsonb
);
ALTER TABLE pgrecall.collections ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME pgrecall.collections_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE pgrecall.entries (
    tenant text NOT NULL COLLATE pg_catalog."C",
    space text NOT NULL COLLATE pg_catalog."C",
    namespace text[] NOT NULL COLLATE pg_catalog."C",
    id text NOT NULL COLLATE pg_catalog."C",
    metadata jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone,
    ttl_minutes double precision
);
CREATE TABLE pgrecall.items_other_docs_4 (
    id text NOT NULL COLLATE pg_catalog."C",
    text text NOT NULL,
    embedding public.vector(2),
    metadata jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    tsv tsvector GENERATED ALWAYS AS (ts_delete(to_tsvector('english'::regconfig, "left"(pgrecall.analysis_2(text), 130000)), '0q0z0q'::text)) STORED
);
ALTER TABLE ONLY pgrecall.items_other_docs_4 ALTER COLUMN embedding SET STORAGE PLAIN;
ALTER TABLE ONLY pgrecall.items_other_docs_4 ALTER COLUMN tsv SET STATISTICS 200;
CREATE TABLE pgrecall.items_t_nant_100_docs_1 (
    id text NOT NULL COLLATE pg_catalog."C",
    text text NOT NULL,
    embedding public.vector(3),
    metadata jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    tsv tsvector GENERATED ALWAYS AS (ts_delete(to_tsvector('english'::regconfig, "left"(pgrecall.analysis_2(text), 130000)), '0q0z0q'::text)) STORED
);
ALTER TABLE ONLY pgrecall.items_t_nant_100_docs_1 ALTER COLUMN embedding SET STORAGE PLAIN;
ALTER TABLE ONLY pgrecall.items_t_nant_100_docs_1 ALTER COLUMN tsv SET STATISTICS 200;
CREATE TABLE pgrecall.items_t_nant_100_lists_3 (
    id text NOT NULL COLLATE pg_catalog."C",
    text text NOT NULL,
    embedding public.vector(3),
    metadata jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    tsv tsvector GENERATED ALWAYS AS (ts_delete(to_tsvector('german'::regconfig, "left"(pgrecall.analysis_2(text), 130000)), '0q0z0q'::text)) STORED
);
ALTER TABLE ONLY pgrecall.items_t_nant_100_lists_3 ALTER COLUMN embedding SET STORAGE PLAIN;
ALTER TABLE ONLY pgrecall.items_t_nant_100_lists_3 ALTER COLUMN tsv SET STATISTICS 200;
CREATE TABLE pgrecall.items_t_nant_100_texts_5 (
    id text NOT NULL COLLATE pg_catalog."C",
    text text NOT NULL,
    embedding public.vector(3),
    metadata jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    tsv tsvector GENERATED ALWAYS AS (ts_delete(to_tsvector('english'::regconfig, "left"(pgrecall.analysis_2(text), 130000)), '0q0z0q'::text)) STORED
);
ALTER TABLE ONLY pgrecall.items_t_nant_100_texts_5 ALTER COLUMN embedding SET STORAGE PLAIN;
ALTER TABLE ONLY pgrecall.items_t_nant_100_texts_5 ALTER COLUMN tsv SET STATISTICS 200;
CREATE TABLE pgrecall.items_t_nant_100_texts_next_6 (
    id text NOT NULL COLLATE pg_catalog."C",
    text text NOT NULL,
    embedding public.vector(2),
    metadata jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    tsv tsvector GENERATED ALWAYS AS (ts_delete(to_tsvector('english'::regconfig, "left"(pgrecall.analysis_2(text), 130000)), '0q0z0q'::text)) STORED
);
ALTER TABLE ONLY pgrecall.items_t_nant_100_texts_next_6 ALTER COLUMN embedding SET STORAGE PLAIN;
ALTER TABLE ONLY pgrecall.items_t_nant_100_texts_next_6 ALTER COLUMN tsv SET STATISTICS 200;
CREATE TABLE pgrecall.log (
    id bigint NOT NULL,
    tenant text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL COLLATE pg_catalog."C",
    collection_id bigint,
    collection text COLLATE pg_catalog."C",
    at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone,
    document jsonb NOT NULL
);
ALTER TABLE pgrecall.log ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME pgrecall.log_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE pgrecall.records (
    tenant text NOT NULL COLLATE pg_catalog."C",
    namespace text NOT NULL COLLATE pg_catalog."C",
    collection text NOT NULL COLLATE pg_catalog."C",
    collection_id bigint,
    scope bigint GENERATED ALWAYS AS (COALESCE(collection_id, (0)::bigint)) STORED NOT NULL,
    key text NOT NULL COLLATE pg_catalog."C",
    group_id text COLLATE pg_catalog."C",
    updated_at timestamp with time zone NOT NULL
);
CREATE TABLE pgrecall.schema_version (
    version integer NOT NULL,
    has integer
);
INSERT INTO pgrecall."My ""t""" VALUES ('id-00', 'apple and apple number 0', '[1,0,0]', '{"page": 0, "source": "book 0"}', '2026-11-28 05:35:40.652347+00', '2026-11-28 05:35:40.652347+00');
INSERT INTO pgrecall."My ""t""" VALUES ('id-01', 'banana and date number 1', '[1,0.099975586,0.7001953]', '{"page": 1, "source": "book 1"}', '2026-11-28 05:35:40.652347+00', '2026-11-28 05:35:40.652347+00');
INSERT INTO pgrecall."My ""t""" VALUES ('id-02', 'cherry and cherry number 2', '[1,0.19995117,0.099975586]', '{"page": 2, "source": "book 2"}', '2026-11-28 05:35:40.652347+00', '2026-11-28 05:35:40.652347+00');
INSERT INTO pgrecall."My ""t""" VALUES ('id-03', 'date and banana number 3', '[1,0.30004883,0.7998047]', '{"page": 3, "source": "book 0"}', '2026-11-28 05:35:40.652347+00', '2026-11-28 05:35:40.652347+00');
INSERT INTO pgrecall."My ""t""" VALUES ('id-04', 'apple and apple number 4', '[1,0.39990234,0.19995117]', '{"page": 4, "source": "book 1"}', '2026-11-28 05:35:40.652347+00', '2026-11-28 05:35:40.652347+00');
INSERT INTO pgrecall.collections VALUES (1, 'Ténant 100%', 'docs', 3, 'model', 'cosine', 'vector', 'english', '{"page": "number", "source": "text"}', '{"m": 8, "kind": "Hnsw", "quantization": null, "ef_construction": 64}', 'items_t_nant_100_docs_1', '{"tuned_k": 3, "measured": {"at": 1795844140, "ease": 1.3, "rows": 24, "effort": 10, "limits": [[100, 100.0]], "recall": 1.0, "sample": 24, "shares": [], "target": 0.98}, "tuned_by": null, "ef_search": 10, "tuned_target": 0.98}', false, '2026-11-28 05:35:40.344981+00', NULL);
INSERT INTO pgrecall.collections VALUES (2, 'Ténant 100%', 'own', 3, '', 'ip', 'halfvec', NULL, '{}', NULL, 'My "t"', '{}', false, '2026-11-28 05:35:40.615349+00', NULL);
INSERT INTO pgrecall.collections VALUES (3, 'Ténant 100%', 'lists', 3, '', 'l2', 'vector', 'german', '{}', '{"kind": "IvfFlat", "lists": 2}', 'items_t_nant_100_lists_3', '{"lists": 2, "rows_at_build": 26}', false, '2026-11-28 05:35:40.656838+00', NULL);
INSERT INTO pgrecall.collections VALUES (4, 'other', 'docs', 2, '', 'cosine', 'vector', 'english', '{}', NULL, 'items_other_docs_4', '{}', false, '2026-11-28 05:35:40.778821+00', NULL);
INSERT INTO pgrecall.collections VALUES (5, 'Ténant 100%', 'texts (before 2026-11-28 05:35:43.383)', 3, 'first', 'cosine', 'vector', 'english', '{}', NULL, 'items_t_nant_100_texts_5', '{"reembedded_into": 6}', false, '2026-11-28 05:35:43.145551+00', NULL);
INSERT INTO pgrecall.collections VALUES (6, 'Ténant 100%', 'texts', 2, 'second', 'cosine', 'vector', 'english', '{}', NULL, 'items_t_nant_100_texts_next_6', '{}', false, '2026-11-28 05:35:43.295666+00', NULL);
INSERT INTO pgrecall.entries VALUES ('Ténant 100%', 'langgraph:memory', '{a,b}', 'k', '{"v": [1, "ü"]}', '2026-11-28 05:35:43.124996+00', '2026-11-28 05:35:43.124996+00', NULL, NULL);
INSERT INTO pgrecall.items_t_nant_100_docs_1 VALUES ('id-00', 'apple and apple number 0', '[1,0,0]', '{"page": 0, "source": "book 0"}', '2026-11-28 05:35:40.399974+00', '2026-11-28 05:35:40.399974+00', DEFAULT);
INSERT INTO pgrecall.items_t_nant_100_docs_1 VALUES ('id-01', 'banana and date number 1', '[1,0.1,0.7]', '{"page": 1, "source": "book 1"}', '2026-11-28 05:35:40.399974+00', '2026-11-28 05:35:40.399974+00', DEFAULT);
INSERT INTO pgrecall.items_t_nant_100_docs_1 VALUES ('id-02', 'cherry and cherry number 2', '[1,0.2,0.1]', '{"page": 2, "source": "book 2"}', '2026-11-28 05:35:40.399974+00', '2026-11-28 05:35:40.399974+00', DEFAULT);
INSERT INTO pgrecall.items_t_nant_100_docs_1 VALUES ('id-03', 'date and banana number 3', '[1,0.3,0.8]', '{"page": 3, "source": "book 0"}', '2026-11-28 05:35:40.399974+00', '2026-11-28 05:35:40.399974+00', DEFAULT);
INSERT INTO pgrecall.items_t_nant_100_docs_1 VALUES ('id-04', 'apple and apple number 4', '[1,0.4,0.2]', '{"page": 4, "source": "book 1"}', '2026-11-28 05:35:40.399974+00', '2026-11-28 05:35:40.399974+00', DEFAULT);
INSERT INTO pgrecall.items_t_nant_100_docs_1 VALUES ('id-05', 'banana and date number 5', '[1,0.5,0.9]', '{"page": 5, "source": "book 2"}', '2026-11-28 05:35:40.399974+00', '2026-11-28 05:35:40.399974+00', DEFAULT);
INSERT INTO pgrecall.items_t_nant_100_docs_1 VALUES ('id-06', 'cherry and cherry number 6', '[1,0.6,0.3]', '{"page": 6, "source": "book 0"}', '2026-11-28 05:35:40.399974+00', '2026-11-28 05:35:40.399974+00', DEFAULT);
INSERT INTO pgrecall.items_t_nant_100_docs_1 VALUES ('id-07', 'date and banana number 7', '[1,0.7,1]', '{"page": 7, "source": "book 1"}', '2026-11-28 05:35:40.399974+00', '2026-11-28 05:35:40.399974+00', DEFAULT);
INSERT INTO pgrecall.items_t_nant_100_docs_1 VALUES ('id-08', 'apple and apple number 8', '[1,0.8,0.4]', '{"page": 8, "source": "book 2"}', '2026-11-28 05:35:40.399974+00', '2026-11-28 05:35:40.399974+00', DEFAULT);
INSERT INTO pgrecall.items_t_nant_100_docs_1 VALUES ('id-09', 'banana and date number 9', '[1,0.9,1.1]', '{"page": 9, "source": "book 0"}', '2026-11-28 05:35:40.399974+00', '2026-11-28 05:35:40.399974+00', DEFAULT);
INSERT INTO pgrecall.items_t_nant_100_docs_1 VALUES ('id-10', 'cherry and cherry number 10', '[1,1,0.5]', '{"page": 10, "source": "book 1"}', '2026-11-28 05:35:40.399974+00', '2026-11-28 05:35:40.399974+00', DEFAULT);
INSERT INTO pgrecall.items_t_nant_100_docs_1 VALUES ('id-11', 'date and banana number 11', '[1,1.1,1.2]', '{"page": 11, "source": "book 2"}', '2026-11-28 05:35:40.399974+00', '2026-11-28 05:35:40.399974+00', DEFAULT);
INSERT INTO pgrecall.items_t_nant_100_docs_1 VALUES ('id-12', 'apple and apple number 12', '[1,1.2,0.6]', '{"page": 12, "source": "book 0"}', '2026-11-28 05:35:40.399974+00', '2026-11-28 05:35:40.399974+00', DEFAULT);
INSERT INTO pgrecall.items_t_nant_100_docs_1 VALUES ('id-13', 'banana and date number 13', '[1,1.3,0]', '{"page": 13, "source": "book 1"}', '2026-11-28 05:35:40.399974+00', '2026-11-28 05:35:40.399974+00', DEFAULT);
INSERT INTO pgrecall.items_t_nant_100_docs_1 VALUES ('id-14', 'cherry and cherry number 14', '[1,1.4,0.7]', '{"page": 14, "source": "book 2"}', '2026-11-28 05:35:40.399974+00', '2026-11-28 05:35:40.399974+00', DEFAULT);
INSERT INTO pgrecall.items_t_nant_100_docs_1 VALUES ('id-15', 'date and banana number 15', '[1,1.5,0.1]', '{"page": 15, "source": "book 0"}', '2026-11-28 05:35:40.399974+00', '2026-11-28 05:35:40.399974+00', DEFAULT);
INSERT INTO pgrecall.items_t_nant_100_docs_1 VALUES ('id-16', 'apple and apple number 16', '[1,1.6,0.8]', '{"page": 16, "source": "book 1"}', '2026-11-28 05:35:40.399974+00', '2026-11-28 05:35:40.399974+00', DEFAULT);
INSERT INTO pgrecall.items_t_nant_100_docs_1 VALUES ('id-17', 'banana and date number 17', '[1,1.7,0.2]', '{"page": 17, "source": "book 2"}', '2026-11-28 05:35:40.399974+00', '2026-11-28 05:35:40.399974+00', DEFAULT);
INSERT INTO pgrecall.items_t_nant_100_docs_1 VALUES ('id-18', 'cherry and cherry number 18', '[1,1.8,0.9]', '{"page": 18, "source": "book 0"}', '2026-11-28 05:35:40.399974+00', '2026-11-28 05:35:40.399974+00', DEFAULT);
INSERT INTO pgrecall.items_t_nant_100_docs_1 VALUES ('id-19', 'date and banana number 19', '[1,1.9,0.3]', '{"page": 19, "source": "book 1"}', '2026-11-28 05:35:40.399974+00', '2026-11-28 05:35:40.399974+00', DEFAULT);
INSERT INTO pgrecall.items_t_nant_100_docs_1 VALUES ('id-20', 'apple and apple number 20', '[1,2,1]', '{"page": 20, "source": "book 2"}', '2026-11-28 05:35:40.399974+00', '2026-11-28 05:35:40.399974+00', DEFAULT);
INSERT INTO pgrecall.items_t_nant_100_docs_1 VALUES ('id-21', 'banana and date number 21', '[1,2.1,0.4]', '{"page": 21, "source": "book 0"}', '2026-11-28 05:35:40.399974+00', '2026-11-28 05:35:40.399974+00', DEFAULT);
INSERT INTO pgrecall.items_t_nant_100_docs_1 VALUES ('id-22', 'cherry and cherry number 22', '[1,2.2,1.1]', '{"page": 22, "source": "book 1"}', '2026-11-28 05:35:40.399974+00', '2026-11-28 05:35:40.399974+00', DEFAULT);
INSERT INTO pgrecall.items_t_nant_100_docs_1 VALUES ('id-23', 'date and banana number 23', '[1,2.3,0.5]', '{"page": 23, "source": "book 2"}', '2026-11-28 05:35:40.399974+00', '2026-11-28 05:35:40.399974+00', DEFAULT);
INSERT INTO pgrecall.items_t_nant_100_lists_3 VALUES ('id-00', 'apple and apple number 0', '[1,0,0]', '{"page": 0, "source": "book 0"}', '2026-11-28 05:35:40.668539+00', '2026-11-28 05:35:40.668539+00', DEFAULT);
INSERT INTO pgrecall.items_t_nant_100_lists_3 VALUES ('id-01', 'banana and date number 1', '[1,0.1,0.7]', '{"page": 1, "source": "book 1"}', '2026-11-28 05:35:40.668539+00', '2026-11-28 05:35:40.668539+00', DEFAULT);
INSERT INTO pgrecall.items_t_nant_100_lists_3 VALUES ('id-02', 'cherry and cherry number 2', '[1,0.2,0.1]', '{"page": 2, "source": "book 2"}', '2026-11-28 05:35:40.668539+00', '2026-11-28 05:35:40.668539+00', DEFAULT);
INSERT INTO pgrecall.items_t_nant_100_lists_3 VALUES ('id-03', 'date and banana number 3', '[1,0.3,0.8]', '{"page": 3, "source": "book 0"}', '2026-11-28 05:35:40.668539+00', '2026-11-28 05:35:40.668539+00', DEFAULT);
INSERT INTO pgrecall.items_t_nant_100_lists_3 VALUES ('id-04', 'apple and apple number 4', '[1,0.4,0.2]', '{"page": 4, "source": "book 1"}', '2026-11-28 05:35:40.668539+00', '2026-11-28 05:35:40.668539+00', DEFAULT);
INSERT INTO pgrecall.items_t_nant_100_lists_3 VALUES ('id-05', 'banana and date number 5', '[1,0.5,0.9]', '{"page": 5, "source": "book 2"}', '2026-11-28 05:35:40.668539+00', '2026-11-28 05:35:40.668539+00', DEFAULT);
INSERT INTO pgrecall.items_t_nant_100_lists_3 VALUES ('id-06', 'cherry and cherry number 6', '[1,0.6,0.3]', '{"page": 6, "source": "book 0"}', '2026-11-28 05:35:40.668539+00', '2026-11-28 05:35:40.668539+00', DEFAULT);
INSERT INTO pgrecall.items_t_nant_100_lists_3 VALUES ('id-07', 'date and banana number 7', '[1,0.7,1]', '{"page": 7, "source": "book 1"}', '2026-11-28 05:35:40.668539+00', '2026-11-28 05:35:40.668539+00', DEFAULT);
INSERT INTO pgrecall.items_t_nant_100_lists_3 VALUES ('id-08', 'apple and apple number 8', '[1,0.8,0.4]', '{"page": 8, "source": "book 2"}', '2026-11-28 05:35:40.668539+00', '2026-11-28 05:35:40.668539+00', DEFAULT);
INSERT INTO pgrecall.items_t_nant_100_lists_3 VALUES ('id-09', 'banana and date number 9', '[1,0.9,1.1]', '{"page": 9, "source": "book 0"}', '2026-11-28 05:35:40.668539+00', '2026-11-28 05:35:40.668539+00', DEFAULT);
INSERT INTO pgrecall.items_t_nant_100_texts_5 VALUES ('id-00', 'apple and apple number 0', '[1,0,0]', '{"page": 0, "source": "book 0"}', '2026-11-28 05:35:43.163511+00', '2026-11-28 05:35:43.163511+00', DEFAULT);
INSERT INTO pgrecall.items_t_nant_100_texts_5 VALUES ('id-01', 'banana and date number 1', '[1,0.1,0.7]', '{"page": 1, "source": "book 1"}', '2026-11-28 05:35:43.163511+00', '2026-11-28 05:35:43.163511+00', DEFAULT);
INSERT INTO pgrecall.items_t_nant_100_texts_5 VALUES ('id-02', 'cherry and cherry number 2', '[1,0.2,0.1]', '{"page": 2, "source": "book 2"}', '2026-11-28 05:35:43.163511+00', '2026-11-28 05:35:43.163511+00', DEFAULT);
INSERT INTO pgrecall.items_t_nant_100_texts_5 VALUES ('id-03', 'date and banana number 3', '[1,0.3,0.8]', '{"page": 3, "source": "book 0"}', '2026-11-28 05:35:43.163511+00', '2026-11-28 05:35:43.163511+00', DEFAULT);
INSERT INTO pgrecall.items_t_nant_100_texts_next_6 VALUES ('id-00', 'apple and apple number 0', '[1,24]', '{"page": 0, "source": "book 0"}', '2026-11-28 05:35:43.163511+00', '2026-11-28 05:35:43.163511+00', DEFAULT);
INSERT INTO pgrecall.items_t_nant_100_texts_next_6 VALUES ('id-01', 'banana and date number 1', '[1,24]', '{"page": 1, "source": "book 1"}', '2026-11-28 05:35:43.163511+00', '2026-11-28 05:35:43.163511+00', DEFAULT);
INSERT INTO pgrecall.items_t_nant_100_texts_next_6 VALUES ('id-02', 'cherry and cherry number 2', '[1,26]', '{"page": 2, "source": "book 2"}', '2026-11-28 05:35:43.163511+00', '2026-11-28 05:35:43.163511+00', DEFAULT);
INSERT INTO pgrecall.items_t_nant_100_texts_next_6 VALUES ('id-03', 'date and banana number 3', '[1,24]', '{"page": 3, "source": "book 0"}', '2026-11-28 05:35:43.163511+00', '2026-11-28 05:35:43.163511+00', DEFAULT);
INSERT INTO pgrecall.records VALUES ('Ténant 100%', 'namespace', 'docs', 1, DEFAULT, 'r', 'g', '2026-11-28 05:35:43.132984+00');
INSERT INTO pgrecall.schema_version VALUES (2, 6);
SELECT pg_catalog.setval('pgrecall.blobs_number_seq', 1, false);
SELECT pg_catalog.setval('pgrecall.collections_id_seq', 6, true);
SELECT pg_catalog.setval('pgrecall.log_id_seq', 1, false);
ALTER TABLE ONLY pgrecall."My ""t"""
    ADD CONSTRAINT "My ""t""_pkey" PRIMARY KEY (id);
ALTER TABLE ONLY pgrecall.blobs
    ADD CONSTRAINT blobs_pkey PRIMARY KEY (tenant, space, namespace, key);
ALTER TABLE ONLY pgrecall.collections
    ADD CONSTRAINT collections_pkey PRIMARY KEY (id);
ALTER TABLE ONLY pgrecall.collections
    ADD CONSTRAINT collections_table_name_key UNIQUE (table_name);
ALTER TABLE ONLY pgrecall.collections
    ADD CONSTRAINT collections_tenant_name_key UNIQUE (tenant, name);
ALTER TABLE ONLY pgrecall.entries
    ADD CONSTRAINT entries_pkey PRIMARY KEY (tenant, space, namespace, id);
ALTER TABLE ONLY pgrecall.items_other_docs_4
    ADD CONSTRAINT items_other_docs_4_pkey PRIMARY KEY (id);
ALTER TABLE ONLY pgrecall.items_t_nant_100_docs_1
    ADD CONSTRAINT items_t_nant_100_docs_1_pkey PRIMARY KEY (id);
ALTER TABLE ONLY pgrecall.items_t_nant_100_lists_3
    ADD CONSTRAINT items_t_nant_100_lists_3_pkey PRIMARY KEY (id);
ALTER TABLE ONLY pgrecall.items_t_nant_100_texts_5
    ADD CONSTRAINT items_t_nant_100_texts_5_pkey PRIMARY KEY (id);
ALTER TABLE ONLY pgrecall.items_t_nant_100_texts_next_6
    ADD CONSTRAINT items_t_nant_100_texts_next_6_pkey PRIMARY KEY (id);
ALTER TABLE ONLY pgrecall.log
    ADD CONSTRAINT log_pkey PRIMARY KEY (id);
ALTER TABLE ONLY pgrecall.records
    ADD CONSTRAINT records_pkey PRIMARY KEY (tenant, namespace, collection, scope, key);
ALTER TABLE ONLY pgrecall.schema_version
    ADD CONSTRAINT schema_version_pkey PRIMARY KEY (version);
CREATE INDEX "My ""t""_2_metadata" ON pgrecall."My ""t""" USING gin (metadata jsonb_path_ops);
CREATE INDEX blobs_expiry ON pgrecall.blobs USING btree (expires_at) WHERE (expires_at IS NOT NULL);
CREATE INDEX blobs_metadata ON pgrecall.blobs USING gin (metadata jsonb_path_ops) WHERE (metadata <> '{}'::jsonb);
CREATE INDEX entries_expiry ON pgrecall.entries USING btree (expires_at) WHERE (expires_at IS NOT NULL);
CREATE INDEX items_other_docs_4_4_metadata ON pgrecall.items_other_docs_4 USING gin (metadata jsonb_path_ops);
CREATE INDEX items_other_docs_4_4_tsv ON pgrecall.items_other_docs_4 USING gin (tsv);
CREATE INDEX items_t_nant_100_docs_1_1_ann ON pgrecall.items_t_nant_100_docs_1 USING hnsw (embedding public.vector_cosine_ops) WITH (m='8', ef_construction='64');
CREATE INDEX items_t_nant_100_docs_1_1_field_3660315a ON pgrecall.items_t_nant_100_docs_1 USING btree ((
CASE
    WHEN (jsonb_typeof((metadata -> 'page'::text)) = 'number'::text) THEN ((metadata -> 'page'::text))::numeric
    ELSE NULL::numeric
END));
CREATE INDEX items_t_nant_100_docs_1_1_field_41cf6794 ON pgrecall.items_t_nant_100_docs_1 USING btree ((
CASE
    WHEN (jsonb_typeof((metadata -> 'source'::text)) = 'string'::text) THEN (metadata ->> 'source'::text)
    ELSE NULL::text
END) COLLATE "C");
CREATE INDEX items_t_nant_100_docs_1_1_metadata ON pgrecall.items_t_nant_100_docs_1 USING gin (metadata jsonb_path_ops);
CREATE INDEX items_t_nant_100_docs_1_1_tsv ON pgrecall.items_t_nant_100_docs_1 USING gin (tsv);
CREATE INDEX items_t_nant_100_lists_3_3_ann ON pgrecall.items_t_nant_100_lists_3 USING ivfflat (embedding) WITH (lists='2');
CREATE INDEX items_t_nant_100_lists_3_3_metadata ON pgrecall.items_t_nant_100_lists_3 USING gin (metadata jsonb_path_ops);
CREATE INDEX items_t_nant_100_lists_3_3_tsv ON pgrecall.items_t_nant_100_lists_3 USING gin (tsv);
CREATE INDEX items_t_nant_100_texts_5_5_metadata ON pgrecall.items_t_nant_100_texts_5 USING gin (metadata jsonb_path_ops);
CREATE INDEX items_t_nant_100_texts_5_5_tsv ON pgrecall.items_t_nant_100_texts_5 USING gin (tsv);
CREATE INDEX items_t_nant_100_texts_next_6_6_metadata ON pgrecall.items_t_nant_100_texts_next_6 USING gin (metadata jsonb_path_ops);
CREATE INDEX items_t_nant_100_texts_next_6_6_tsv ON pgrecall.items_t_nant_100_texts_next_6 USING gin (tsv);
CREATE INDEX log_expiry ON pgrecall.log USING btree (expires_at) WHERE (expires_at IS NOT NULL);
CREATE INDEX log_time ON pgrecall.log USING btree (tenant, kind, collection_id, at);
CREATE INDEX records_collection ON pgrecall.records USING btree (collection_id) WHERE (collection_id IS NOT NULL);
CREATE INDEX records_group ON pgrecall.records USING btree (hashtextextended(group_id, (0)::bigint)) WHERE (group_id IS NOT NULL);
CREATE TRIGGER reembed_6_delete AFTER DELETE ON pgrecall.items_t_nant_100_texts_5 REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION pgrecall.reembed_6();
CREATE TRIGGER reembed_6_insert AFTER INSERT ON pgrecall.items_t_nant_100_texts_5 REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION pgrecall.reembed_6();
CREATE TRIGGER reembed_6_truncate BEFORE TRUNCATE ON pgrecall.items_t_nant_100_texts_5 FOR EACH STATEMENT EXECUTE FUNCTION pgrecall.reembed_6();
CREATE TRIGGER reembed_6_update AFTER UPDATE ON pgrecall.items_t_nant_100_texts_5 REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION pgrecall.reembed_6();
ALTER TABLE ONLY pgrecall.records
    ADD CONSTRAINT records_collection_id_fkey FOREIGN KEY (collection_id) REFERENCES pgrecall.collections(id) ON DELETE CASCADE;

"""Classes of characters that the analysis knows, and what tells that a text has any."""

from __future__ import annotations

# Ranges are by code point, whatever the database's collation: every expression has COLLATE "C".
UNIT = (  # a character of a script without spaces
    r"\u0E01-\u0E30\u0E32\u0E33\u0E40-\u0E46\u0E81-\u0EB0\u0EB2\u0EB3\u0EBD-\u0EC6\u0EDC-\u0EDF"
    r"\u1000-\u102A\u103F\u1050-\u1055\u105A-\u105D\u1061\u1065\u1066\u106E-\u1070\u1075-\u1081"
    r"\u1100-\u115E\u1161-\u11FF\u1780-\u17B3\u17D7\u17DC\u1950-\u19AB\u1A00-\u1A16\u1A20-\u1A54"
    r"\u2E80-\u2FDF\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3038-\u303C\u3041-\u3096\u309D-\u309F"
    r"\u30A1-\u30FA\u30FC-\u30FF\u3105-\u312F\u3131-\u3163\u3165-\u318E\u31A0-\u31BF\u31F0-\u31FF"
    r"\u3400-\u4DBF\u4E00-\uA48C\uA960-\uA97C\uA9E0-\uA9FE\uAA60-\uAA76\uAA80-\uAADD\uAC00-\uD7FB"
    r"\uF900-\uFAFF\U0001B000-\U0001B16F\U00020000-\U0003FFFD"
)
_MARK = (  # what stands above, below or behind such a character, and belongs to it
    r"\u0E31\u0E34-\u0E3A\u0E47-\u0E4E\u0EB1\u0EB4-\u0EBC\u0EC8-\u0ECE\u102B-\u103E\u1056-\u1059"
    r"\u105E-\u1060\u1062-\u1064\u1067-\u106D\u1071-\u1074\u1082-\u108D\u108F\u109A-\u109D"
    r"\u17B6-\u17D3\u17DD\u19B0-\u19C9\u1A17-\u1A1B\u1A55-\u1A7F\u3099\u309A"
)
INVISIBLE = (
    r"\u0591-\u05BD\u05BF\u05C1\u05C2\u05C4\u05C5\u05C7\u0610-\u061A\u0640\u064B-\u065F\u0670"
    r"\u06D6-\u06DC\u06DF-\u06E4\u06E7\u06E8\u06EA-\u06ED"  # vowel signs, and what stretches
    r"\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B-\u200F\u202A-\u202E"
    r"\u2060-\u206F\u3164\uFE00-\uFE0F\uFEFF\uFFF9-\uFFFB\U000E0000-\U000E0FFF"
)
# signs that a database without a locale takes for letters
SIGNS = (
    r"\u0080-\u00A9\u00AB-\u00B1\u00B4\u00B6-\u00B8\u00BB\u00BF\u00D7\u00F7\u2000-\u200A\u2014-\u2017"
    r"\u201A\u201C-\u201F\u2020-\u2029\u202F-\u2031\u2033-\u2043\u2045-\u205F\u20A0-\u20CF"
    r"\u2190-\u2211\u2213\u2214\u2216-\u266E\u2670-\u2BFF\u2E00-\u2E7F\u3000-\u3004\u3008-\u3020\u3030\u3036"
    r"\u3037\u303D-\u303F\u30A0\u30FB\uFE10-\uFE6F\uFF01-\uFF0F\U0001F000-\U0001FAFF"
)
LETTER = r"[^\x01-\x40\x5B-\x60\x7B-\x7F]"
SMALL = r"[^\x01-\x60\x7B-\x7F]"
# what is in no compound: no letter, digit or _; a script without spaces has none either
APART_OF_ASCII = r"\x03-\x2F\x3A-\x40\x5B-\x5E\x60\x7B-\x7F"
APART = rf"{APART_OF_ASCII}{UNIT}{_MARK}"
# what PostgreSQL does not read as one means it: a sign within words, or a number's
JOINED = (
    r"[./\\@:&+#_<>~^%][^[:space:]]|[0-9][-,']|-[^[:space:]]|[A-Za-z][#+]|-[ \t\r]*\n"
    r"|[A-Za-z]'(?:[A-Za-z]{3}|[^DLMRSTVdlmrstv[:space:]])"
)
# letters that camelCase tells apart
LOWER = r"a-z\u00DF-\u00F6\u00F8-\u00FF\u03AC-\u03CE\u0430-\u045F"
UPPER = r"A-Z\u00C0-\u00D6\u00D8-\u00DE\u0391-\u03AB\u0400-\u042F"
ALPHABETIC = r"A-Za-z\u00B5\u00C0-\u052F"
# where a part of a word may end
NUMBERED = f"[{ALPHABETIC}][{ALPHABETIC}][0-9]|[0-9][{ALPHABETIC}]|[Vv][0-9]"
PARTED = f"[{LOWER}][{UPPER}]|[A-Z][A-Z][a-z][a-z]|{NUMBERED}|\x01"
# letters that are in normal form as they are
_SETTLED = (
    r"\x09-\x7E\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u0131\u0134-\u013E\u0141-\u0148\u014A-\u017E"
    r"\u0386\u0388-\u03A2\u03A4-\u03CE\u0400-\u0481"
)
# a text without any of it is not looked at again
WRITTEN_ANEW = (
    r"[./\\@:&+#_<>~^%'][^[:space:]]|[a-z][A-Z]|[A-Z][A-Z][a-z][a-z]"
    r"|[A-Za-z][0-9#+]|[0-9](?:-|,[0-9]|[A-Za-z])|-(?:[0-9]|[ \t\r]*\n)"
)
UNSETTLED = f"[^{_SETTLED}]|[{LOWER}][{UPPER}]"
# what a text may have besides to be in normal form: putting it there costs more than all the rest
NOT_NORMAL = (
    rf"[^{_SETTLED}\u00A1-\u00A7\u00A9\u00AB\u00AC\u00AE\u00B0\u00B1\u00B6\u00B7\u00BB\u00BF\u00D7\u00F7"
    r"\u2010\u2012-\u2016\u2018-\u2023\u2030-\u2032\u2039-\u203B\u20A0-\u20A7\u20A9-\u20BF"
    r"\u2190-\u222B\u2231-\u2328\u2500-\u2A0B\u3001-\u3029\u3041-\u3096\u30A1-\u30FE"
    r"\u4E00-\u9FEF\uAC00-\uD7A3]"
)
# what is between words with a hyphen, in a text without other signs
NO_HYPHENS = (
    r"-*[\x01-\x2C\x2E-\x2F\x3A-\x40\x5B-\x60\x7B-\x7F]-*"
    r"(?:[^\x01-\x2F\x3A-\x40\x5B-\x60\x7B-\x7F]*-*[\x01-\x2C\x2E-\x2F\x3A-\x40\x5B-\x60\x7B-\x7F]-*)*"
)
ZEROS = (
    *(0x0660, 0x06F0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66),
    *(0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x17E0, 0x1810),
)
NUMERALS = "[" + "".join(rf"\u{zero:04X}-\u{zero + 9:04X}" for zero in ZEROS) + "]"
UNITS = f"[{UNIT}][{_MARK}]*"

"""The body of the second analysis: the words as the first one makes them, and what follows them.

PostgreSQL keeps 32 expressions of a session, and compiles others anew for every text. So there are
fewer here, and words without parts are left out by one before what looks for parts.
"""

from __future__ import annotations

from pgrecall._statements.analysis_1.body import HEAD as FIRST
from pgrecall._statements.analysis_1.body import LITERALS as OF_FIRST
from pgrecall._statements.analysis_2.steps import REPLACED

GAP = "0q0z0q"
"""A word that stands before the parts of each word at a text's end, and is none of its lexemes.

It is read, and taken out of the tsvector, so that no phrase goes from a word's parts to another's.
"""

_CHANGES = (
    (
        """BEGIN
    IF beyond THEN
""",
        """BEGIN
    IF pg_catalog.int4gt(pg_catalog.strpos(t, pg_catalog.chr(27)), 0) THEN
        t := <escapes:t>;
    END IF;
    IF <has:[> THEN
        IF <has:[0m> OR <has:[39m> THEN
            t := <no_escapes:t>;
        END IF;
    END IF;
    IF beyond THEN
""",
    ),
    (
        """        t := <signs:t>;
""",
        """        IF pg_catalog.int4gt(pg_catalog.strpos(t, pg_catalog.chr(215)), 0) THEN
            t := <times:t>;
        END IF;
        t := <signs:t>;
""",
    ),
    (
        """            IF <has:+> THEN
""",
        """            IF <has:++> THEN
""",
    ),
    (
        """            t := <net:t>;
""",
        """            IF pg_catalog.int4gt(pg_catalog.strpos(pg_catalog.lower(t), '.net'), 0) THEN
                t := <net:t>;
            END IF;
""",
    ),
    (
        """        IF (<has:,> OR <has:'>) AND pg_catalog.textregexeq(t, <grouped>) THEN
""",
        """        IF <has:,> OR <has:'> THEN
""",
    ),
    (
        """        t := <joints:t>;
""",
        """        IF <has:\\> THEN
            t := <written_ends:t>;
        END IF;
        t := <joints:t>;
""",
    ),
)
_TAIL = """    t := pg_catalog.concat(' ', t, ' ');
    IF NOT beyond AND pg_catalog.namene(pg_catalog.getdatabaseencoding(), 'UTF8') THEN
        t := <plain:t>;
    ELSIF pg_catalog.int4gt(pg_catalog.char_length(spaced), <worth>) THEN
        t := <made_of_parts:t>;
    END IF;
    compounds := pg_catalog.replace(t, <end>, '');
    IF pg_catalog.int4gt(pg_catalog.strpos(compounds, '_'), 0) THEN
        compounds := <compounds:compounds>;
        IF pg_catalog.int4gt(pg_catalog.char_length(compounds), <most>) THEN
            compounds := <short:compounds>;
        END IF;
    ELSE
        compounds := ' ';
    END IF;
    IF pg_catalog.int4gt(pg_catalog.char_length(spaced), <worth>)
        OR pg_catalog.textregexeq(t, <parted>) THEN
        IF beyond THEN
            IF pg_catalog.int4gt(pg_catalog.strpos(t, pg_catalog.chr(937)), 0) THEN
                t := <ohms:t>;
            END IF;
        END IF;
        t := <camel:t>;
        IF pg_catalog.textregexeq(t, <numbered>) THEN
            t := <before_digits:t>;
            t := <before_digits:t>;
            t := <digits:t>;
        END IF;
        IF beyond THEN
            IF pg_catalog.int4gt(pg_catalog.strpos(t, pg_catalog.chr(937)), 0) THEN
                t := <unit_of_ohms:t>;
            END IF;
        END IF;
    END IF;
    IF pg_catalog.int4gt(pg_catalog.strpos(t, <end>), 0) THEN
        IF pg_catalog.int4gt(pg_catalog.strpos(t, <joint>), 0) THEN
            t := pg_catalog.replace(pg_catalog.replace(t, '_', ' '), <end>, '_');
            parted := <compounds:t>;
        ELSE
            t := pg_catalog.replace(pg_catalog.replace(t, '_', <joint>), <end>, '_');
            parted := <whole:t>;
        END IF;
        IF pg_catalog.int4gt(pg_catalog.char_length(parted), <most>) THEN
            parted := <short:parted>;
        END IF;
        parted := pg_catalog.translate(parted, <joint_or_end>, '__');
        IF pg_catalog.textregexeq(parted, <alternating>) THEN
            parted := <hexadecimal:parted>;
        END IF;
    END IF;
    long := pg_catalog.concat(compounds, parted);
    IF pg_catalog.textlike(long, <twice>) THEN
        long := pg_catalog.replace(long, ' ', '  ');
        long := pg_catalog.replace(<longer:long>, '  ', ' ');
        long := pg_catalog.replace(long, '_', '__');
        compounds := pg_catalog.concat(compounds, <pairs:long>);
    END IF;
    IF pg_catalog.int4gt(pg_catalog.strpos(compounds, '_'), 0) THEN
        compounds := pg_catalog.replace(<dotted:compounds>, '_', '');
    END IF;
    IF pg_catalog.int4gt(pg_catalog.strpos($1, '.NET'), 0)
        AND pg_catalog.textregexeq($1, '[[:alnum:]#][.]NET(?![[:alpha:]])') THEN
        parted := pg_catalog.concat(parted, ' dotnet');
    END IF;
    IF stored THEN
        IF pg_catalog.textne(pg_catalog.btrim(compounds), '') THEN
            compounds := pg_catalog.concat(<gap>, pg_catalog.rtrim(compounds));
        END IF;
        parted := pg_catalog.replace(pg_catalog.rtrim(parted), '  ', ' ');
        parted := pg_catalog.replace(parted, ' ', <gap>);
    END IF;
    RETURN pg_catalog.replace(pg_catalog.concat(spaced, compounds, parted), '_', '=');
END
"""
LITERALS = OF_FIRST | {
    "gap": f" {GAP} ",
    # characters from which to leave out words without parts takes less than to read them again
    "worth": 600,
}


def _changed() -> str:
    made = FIRST
    for old, new in _CHANGES:
        if made.count(old) != 1:
            msg = f"the first analysis has not once: {old!r}"
            raise ValueError(msg)
        made = made.replace(old, new)
    return made


BODY = _changed() + _TAIL

__all__ = ["BODY", "GAP", "LITERALS", "REPLACED"]

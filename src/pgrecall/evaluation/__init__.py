"""Prove retrieval on your own questions: measures, intervals, questions from files and the log."""

from pgrecall.evaluation.comparing import Comparison, ModeChange
from pgrecall.evaluation.drafting import draft_questions
from pgrecall.evaluation.files import read_questions
from pgrecall.evaluation.fusion_report import FusionReport
from pgrecall.evaluation.intervals import Interval
from pgrecall.evaluation.kept import KeptReport
from pgrecall.evaluation.questions import Question
from pgrecall.evaluation.replay import LoggedSearch, Replay, ReplayedMode
from pgrecall.evaluation.report import Evaluation, ModeReport

__all__ = [
    "Comparison",
    "Evaluation",
    "FusionReport",
    "Interval",
    "KeptReport",
    "LoggedSearch",
    "ModeChange",
    "ModeReport",
    "Question",
    "Replay",
    "ReplayedMode",
    "draft_questions",
    "read_questions",
]

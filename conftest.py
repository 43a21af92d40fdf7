"""Tests, and lessons under test, keep no progress in anyone's home: kernels inherit this folder."""

import os
import tempfile

FOLDER = tempfile.TemporaryDirectory(prefix="parti_edu-", ignore_cleanup_errors=True)
os.environ["PARTI_EDU_HOME"] = FOLDER.name

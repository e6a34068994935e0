"""A local disk on which Spark makes files without starting processes.

Hadoop without its native library runs ``chmod`` for each file and directory that it makes, twice for a file
with its hidden ``.crc``: a fifth of the time of a small run; and ``ls`` for each file of a text table that is
read. Java itself can do both in microseconds.

Python 3.9, standard library and pyspark only: it goes to clusters.
"""

from __future__ import annotations

import contextlib
from typing import Any
from weakref import WeakKeyDictionary

_NAME = "QuickDisk"
_SOURCE = """
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Set;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.permission.FsPermission;

public class QuickDisk extends LocalFileSystem {
  public static class Raw extends RawLocalFileSystem {
    public FileStatus getFileStatus(Path path) throws IOException {
      return told(super.getFileStatus(path));
    }

    public FileStatus[] listStatus(Path path) throws IOException {
      FileStatus[] found = super.listStatus(path);
      for (int i = 0; i < found.length; i++) {
        found[i] = told(found[i]);
      }
      return found;
    }

    private FileStatus told(FileStatus of) throws IOException {
      if (of.getClass() == FileStatus.class) {
        return of;
      }
      try {
        PosixFileAttributes known = (PosixFileAttributes) Files.readAttributes(
            pathToFile(of.getPath()).toPath(), PosixFileAttributes.class, new LinkOption[0]);
        short bits = 0;
        PosixFilePermission[] names = PosixFilePermission.values();
        for (int i = 0; i < 9; i++) {
          if (known.permissions().contains(names[i])) {
            bits |= 0400 >> i;
          }
        }
        return new FileStatus(of.getLen(), of.isDirectory(), of.getReplication(), of.getBlockSize(),
            of.getModificationTime(), of.getAccessTime(), new FsPermission(bits),
            known.owner().getName(), known.group().getName(), of.getPath());
      } catch (NoSuchFileException gone) {
        throw new FileNotFoundException(of.getPath().toString());
      } catch (UnsupportedOperationException noSuchPermissions) {
        return of;
      }
    }

    public void setPermission(Path path, FsPermission permission) throws IOException {
      int bits = permission.toShort();
      if ((bits & ~0777) != 0) {
        super.setPermission(path, permission);
        return;
      }
      PosixFilePermission[] names = PosixFilePermission.values();
      Set wanted = EnumSet.noneOf(PosixFilePermission.class);
      for (int i = 0; i < 9; i++) {
        if ((bits & (0400 >> i)) != 0) {
          wanted.add(names[i]);
        }
      }
      try {
        Files.setPosixFilePermissions(pathToFile(path).toPath(), wanted);
      } catch (UnsupportedOperationException noSuchPermissions) {
        super.setPermission(path, permission);
      }
    }
  }

  public QuickDisk() {
    super(new Raw());
  }
}
"""


_compiled: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()
"""By session: Hadoop's configuration with the class in it."""


def use(session: Any) -> None:
    """Make it the ``file:`` of this Spark's JVM, without ``.crc`` files: one that somebody replaces by hand
    could not be read with them.

    Compiled by what Spark compiles its own code with; where that cannot be, Hadoop's own disk stays.
    """
    with contextlib.suppress(Exception):
        if session not in _compiled:
            _compiled[session] = _compile(session)
        give_up(session)
        _disk(session, _compiled[session])
    _disk(session, session._jsc.hadoopConfiguration()).setWriteChecksum(False)


def give_up(session: Any) -> None:
    """Hadoop keeps one disk for all; when that is closed, it keeps the next one that it makes, of its own
    kind if nothing else is said."""
    _disk(session, session._jsc.hadoopConfiguration()).close()


def _compile(session: Any) -> Any:
    jvm = session._jvm
    compiler = jvm.org.codehaus.janino.SimpleCompiler()
    compiler.setParentClassLoader(jvm.java.lang.Thread.currentThread().getContextClassLoader())
    compiler.cook(_SOURCE)
    made = jvm.org.apache.hadoop.conf.Configuration(session._jsc.hadoopConfiguration())
    made.setClassLoader(compiler.getClassLoader())
    made.set("fs.file.impl", _NAME)
    return made


def _disk(session: Any, conf: Any) -> Any:
    return session._jvm.org.apache.hadoop.fs.FileSystem.getLocal(conf)

// Hadoop's sub-commands: names and usage as Hadoop prints them, help in our own words.
#include <algorithm>
#include <array>

#include "cli/commands/dfs/shell_command.h"

namespace tusk::cli {
namespace {

constexpr std::string_view kPutHelp =
    "Copies files and directories of this host into the DFS. \"-\" is standard input.\n"
    "Several files go in parallel. A file appears under its name when it is whole.\n"
    "  -f  Overwrites existing files.\n"
    "  -p  Keeps times, owner, group and permissions.\n"
    "  -l  Writes one replica, in memory first where DataNodes can.\n"
    "  -d  Writes straight to the final name, without NAME._COPYING_.\n"
    "  -t  How many files at a time (8).";
constexpr std::string_view kGetHelp =
    "Copies files and directories of the DFS to this host. \"-\" is standard output.\n"
    "  -f  Overwrites existing files.\n"
    "  -p  Keeps times, owner, group and permissions.\n"
    "  -ignoreCrc  Does not verify checksums.\n"
    "  -t  How many files at a time (8).";

constexpr std::string_view kPutUsage =
    "[-f] [-p] [-l] [-d] [-t <thread count>] [-q <thread pool queue size>] <localsrc> ... <dst>";
constexpr std::string_view kGetUsage =
    "[-f] [-p] [-crc] [-ignoreCrc] [-t <thread count>] [-q <thread pool queue size>] <src> ... "
    "<localdst>";

constexpr ShellCommand kCommands[] = {
    {"appendToFile", "[-n] <localsrc> ... <dst>",
     "Appends files of this host to a file of the DFS, which is created when it is not there.",
     &RunAppendToFile},
    {"cat", "[-ignoreCrc] <src> ...", "Prints files.\n  -ignoreCrc  Does not verify checksums.",
     &RunCat},
    {"checksum", "[-v] <src> ...",
     "Prints the checksum of each file, which depends on its bytes, its block size and the kind "
     "of\n"
     "checksum. Asks a DataNode for each block.\n  -v  Shows the block size too.",
     &RunChecksum},
    {"chgrp", "[-R] GROUP PATH...", "Changes the group.\n  -R  Of all below, too.", &RunChgrp},
    {"chmod", "[-R] <MODE[,MODE]... | OCTALMODE> PATH...",
     "Changes permissions: octal (755, 1777) or symbolic (u+rwx,go-w,+t).\n"
     "  -R  Of all below, too.",
     &RunChmod},
    {"chown", "[-R] [OWNER][:[GROUP]] PATH...",
     "Changes owner and group; only the superuser may change owners.\n  -R  Of all below, too.",
     &RunChown},
    {"concat", "<target path> <src path> <src path> ...", "Joins files by moving their blocks."},
    {"copyFromLocal", kPutUsage, "The same as -put.", &RunPut},
    {"copyToLocal", kGetUsage, "The same as -get.", &RunGet},
    {"count", "[-q] [-h] [-v] [-t [<storage type>]] [-u] [-x] [-e] [-s] <path> ...",
     "Counts directories, files and bytes: DIR_COUNT FILE_COUNT CONTENT_SIZE PATHNAME.\n"
     "  -q  Shows quotas in front, -u only these.\n"
     "  -h  Sizes with prefixes.\n"
     "  -v  A line with the columns' names.",
     &RunCount},
    {"cp",
     "[-f] [-p | -p[topax]] [-d] [-t <thread count>] [-q <thread pool queue size>] <src> ... "
     "<dst>",
     "Copies files and directories.\n"
     "  -f  Overwrites existing files.\n"
     "  -p  Keeps times, owner, permissions; or of these what -p[top] names.\n"
     "  -d  Writes straight to the final name.\n"
     "  -t  How many files at a time (8).",
     &RunCp},
    {"createSnapshot", "<snapshotDir> [<snapshotName>]", "Takes a snapshot."},
    {"deleteSnapshot", "<snapshotDir> <snapshotName>", "Deletes a snapshot."},
    {"df", "[-h] [<path> ...]",
     "Shows capacity, used and available space.\n  -h  Sizes with prefixes.", &RunDf},
    {"du", "[-s] [-h] [-v] [-x] <path> ...",
     "Shows the bytes of files and directories, alone and with all replicas.\n"
     "  -s  The sum of each argument instead of its entries.\n"
     "  -h  Sizes with prefixes.\n"
     "  -v  A line with the columns' names.",
     &RunDu},
    {"expunge", "[-immediate] [-fs <path>]", "Empties the trash."},
    {"find", "<path> ... <expression> ...",
     "Prints the paths for which the expression holds.\n"
     "  -name PATTERN, -iname PATTERN  The name fits, with or without regard to case.\n"
     "  -print, -print0                Ends with a newline, or with a zero byte.\n"
     "  EXPR -a EXPR, EXPR -and EXPR, EXPR EXPR  Both hold.",
     &RunFind},
    {"get", kGetUsage, kGetHelp, &RunGet},
    {"getfacl", "[-R] <path>", "Shows access control lists."},
    {"getfattr", "[-R] {-n name | -d} [-e en] <path>", "Shows extended attributes."},
    {"getmerge", "[-nl] [-skip-empty-file] <src> <localdst>",
     "Joins the files of a directory into one of this host.\n"
     "  -nl               A newline after each file.\n"
     "  -skip-empty-file  No newline for empty files.",
     &RunGetMerge},
    {"head", "<file>", "Prints the first kilobyte of a file.", &RunHead},
    {"help", "[cmd ...]", "Explains commands.", &RunHelp},
    {"ls", "[-C] [-d] [-h] [-q] [-R] [-t] [-S] [-r] [-u] [-e] [<path> ...]",
     "Lists directories: permissions, replication, owner, group, size, time, path.\n"
     "  -C  Paths only.\n"
     "  -d  Directories themselves instead of their entries.\n"
     "  -h  Sizes with prefixes.\n"
     "  -q  ? for characters that cannot be printed.\n"
     "  -R  All below, too.\n"
     "  -t  Newest first, -S largest first, -r the other way round.\n"
     "  -u  The time of the last access.\n"
     "  -e  The erasure coding policy.",
     &RunLs},
    {"mkdir", "[-p] <path> ...",
     "Makes directories.\n  -p  Missing parents too; existing ones are no error.", &RunMkdir},
    {"moveFromLocal", "[-f] [-p] [-l] [-d] <localsrc> ... <dst>",
     "As -put, and then deletes the sources.", &RunMoveFromLocal},
    {"moveToLocal", "<src> <localdst>", "Not implemented, as in Hadoop.", &RunMoveToLocal},
    {"mv", "<src> ... <dst>", "Moves files and directories within one file system.", &RunMv},
    {"put", kPutUsage, kPutHelp, &RunPut},
    {"renameSnapshot", "<snapshotDir> <oldName> <newName>", "Renames a snapshot."},
    {"rm", "[-f] [-r|-R] [-skipTrash] [-safely] <src> ...",
     "Deletes files.\n"
     "  -f          Silent about what does not exist.\n"
     "  -r, -R      Directories with all below.\n"
     "  -skipTrash  Not by way of the trash.",
     &RunRm},
    {"rmdir", "[--ignore-fail-on-non-empty] <dir> ...", "Deletes empty directories.", &RunRmdir},
    {"setfacl", "[-R] [{-b|-k} {-m|-x <acl_spec>} <path>]|[--set <acl_spec> <path>]",
     "Changes access control lists."},
    {"setfattr", "{-n name [-v value] | -x name} <path>", "Changes extended attributes."},
    {"setrep", "[-R] [-w] <rep> <path> ...",
     "Changes how many replicas files have; of directories, of all files below.\n"
     "  -w  Waits until it is so.",
     &RunSetrep},
    {"stat", "[format] <path> ...",
     "Prints what is known of a path: %a %A permissions, %b bytes, %F kind, %g group, %n name,\n"
     "%o block size, %r replication, %u owner, %x %X access time, %y %Y modification time (UTC,\n"
     "and in milliseconds). Without a format: %y.",
     &RunStat},
    {"tail", "[-f] [-s <sleep interval>] <file>",
     "Prints the last kilobyte of a file.\n"
     "  -f  Goes on as the file grows.\n"
     "  -s  Milliseconds between two looks (5000).",
     &RunTail},
    {"test", "-[defswrz] <path>",
     "Answers by its exit code, 0 for yes: -e exists, -d directory, -f file, -s not empty,\n"
     "-z empty, -r readable, -w writable.",
     &RunTest},
    {"text", "[-ignoreCrc] <src> ...", "Prints files as text; gzip files decompressed.", &RunText},
    {"touch", "[-a] [-m] [-t TIMESTAMP (yyyyMMdd:HHmmss) ] [-c] <path> ...",
     "Sets times, and creates files that do not exist.\n"
     "  -a  Only the access time, -m only the modification time.\n"
     "  -t  That time instead of now.\n"
     "  -c  Creates nothing.",
     &RunTouch},
    {"touchz", "<path> ...", "Creates empty files.", &RunTouchz},
    {"truncate", "[-w] <length> <path> ...", "Cuts files to a length."},
    {"usage", "[cmd ...]", "Shows how commands are called.", &RunUsage},
};

// Old spellings that people still type; not listed.
constexpr ShellCommand kOldCommands[] = {
    {"lsr", "", "", &RunLsr},
    {"dus", "", "", &RunDus},
    {"rmr", "", "", &RunRmr},
};

}  // namespace

std::span<const ShellCommand> ShellCommands() {
  return kCommands;
}

const ShellCommand* FindShellCommand(std::string_view name) {
  for (const ShellCommand& command : kCommands) {
    if (command.name == name) return &command;
  }
  for (const ShellCommand& command : kOldCommands) {
    if (command.name == name) return &command;
  }
  return nullptr;
}

}  // namespace tusk::cli

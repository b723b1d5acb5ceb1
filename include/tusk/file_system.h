// Files of an HDFS from C++: include this and link Tusk::tusk.
#pragma once

#include "client/file_system.h"

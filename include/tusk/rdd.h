// RDD programs in C++: include this and link Tusk::tusk. mapreduce/rdd/session.h shows how one
// begins.
#pragma once

#include "mapreduce/rdd/session.h"

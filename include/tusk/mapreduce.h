// MapReduce jobs in C++: include this and link Tusk::tusk. mapreduce/api/job.h shows a whole
// program.
#pragma once

#include "mapreduce/api/job.h"
#include "mapreduce/formats/fixed_length.h"
#include "mapreduce/formats/text.h"

// Small macros shared by the headers of this folder.
#pragma once

#define TUSK_CONCAT_INNER(a, b) a##b
#define TUSK_CONCAT(a, b) TUSK_CONCAT_INNER(a, b)

// Marks what user programs link against; everything else has hidden visibility.
#define TUSK_EXPORT [[gnu::visibility("default")]]

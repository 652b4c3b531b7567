#pragma once

// jpeglib.h needs size_t and FILE and includes neither.
// clang-format off
#include <cstddef>
#include <cstdio>
#include <jpeglib.h>
// clang-format on

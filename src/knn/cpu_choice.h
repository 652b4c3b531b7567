#pragma once

namespace touchstone {

/// Makes Highway choose among what TOUCHSTONE_CPU allows; to be called before every dispatch.
/// @throws Error kOption if it names no instruction set.
void ChooseTarget();

/// Whether there is AVX-512 VNNI, and it is allowed.
bool UseVnni();

/// Whether there are tile registers that multiply bytes (AMX) beside VNNI, the system lets us use them, and
/// they are allowed.
bool UseByteTiles();

/// Whether those also multiply bfloat16.
bool UseBfloatTiles();

}  // namespace touchstone

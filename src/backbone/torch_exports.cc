#include "archive.h"
#include "torch_library.h"
#include "versions.h"

const touchstone::TorchLibrary touchstone_torch = {&touchstone::ReadDescription, &touchstone::LoadNetwork,
                                                   &touchstone::TorchVersions};

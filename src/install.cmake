# cmake --install: the program, headers and libraries with a CMake package (find_package(touchstone)), the models that
# the program looks for beside itself, and shell completions. The prefix may be moved afterwards.
include(CMakePackageConfigHelpers)

get_property(rooms GLOBAL PROPERTY TOUCHSTONE_ROOMS)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/touchstone)
get_property(late_libraries GLOBAL PROPERTY TOUCHSTONE_LATE_LIBRARIES)

install(TARGETS touchstone RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS ${late_libraries} EXPORT touchstoneTargets LIBRARY DESTINATION ${TOUCHSTONE_LATE_LIBRARY_DIR})
install(TARGETS ${rooms} EXPORT touchstoneTargets
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
        FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT touchstoneTargets NAMESPACE touchstone:: DESTINATION ${package_dir})

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/touchstoneConfig.cmake.in
                              ${PROJECT_BINARY_DIR}/touchstoneConfig.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/touchstoneConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)  # before 1.0 a minor version may break
install(FILES ${PROJECT_BINARY_DIR}/touchstoneConfig.cmake ${PROJECT_BINARY_DIR}/touchstoneConfigVersion.cmake
        DESTINATION ${package_dir})

install(FILES models/efficientnet_lite0.pt models/LICENSE.efficientnet_lite0 models/manifest.json models/README.md
        DESTINATION ${CMAKE_INSTALL_DATADIR}/touchstone/models)
install(FILES src/cli/completions/touchstone.bash
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME touchstone)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

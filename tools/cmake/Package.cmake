# `cmake --install`: headers and the CMake package. Layers and the program install themselves.
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/Lastack)

install(DIRECTORY include/lastack DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  FILES_MATCHING PATTERN "*.hpp")
install(EXPORT LastackTargets NAMESPACE Lastack:: DESTINATION ${package_dir})

configure_package_config_file(tools/cmake/LastackConfig.cmake.in
  ${PROJECT_BINARY_DIR}/LastackConfig.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/LastackConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES
  ${PROJECT_BINARY_DIR}/LastackConfig.cmake
  ${PROJECT_BINARY_DIR}/LastackConfigVersion.cmake
  DESTINATION ${package_dir})

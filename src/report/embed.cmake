# cmake -DFILES="name=path;..." -DOUTPUT=page_files.cc -P embed.cmake
# Writes a source file in which each text file is a string constant, declared in page_files.h.
set(code "#include \"report/page_files.h\"\n\nnamespace touchstone {\n")
foreach(entry IN LISTS FILES)
  string(REGEX MATCH "^([A-Za-z]+)=(.+)$" matches "${entry}")
  file(READ ${CMAKE_MATCH_2} text)
  string(APPEND code "const std::string_view ${CMAKE_MATCH_1} = R\"embedded(${text})embedded\";\n")
endforeach()
file(WRITE ${OUTPUT} "${code}}  // namespace touchstone\n")

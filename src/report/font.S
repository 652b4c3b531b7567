# The font of the pictures' letters, as it is in its file (with its licence in it).
    .section .rodata
    .global touchstone_font_begin
    .global touchstone_font_end
touchstone_font_begin:
    .incbin TOUCHSTONE_FONT
touchstone_font_end:
    .section .note.GNU-stack, "", %progbits

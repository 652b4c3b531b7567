#include "report/letters.h"

#include <ft2build.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include FT_FREETYPE_H

extern "C" const unsigned char touchstone_font_begin[];  // font.S
extern "C" const unsigned char touchstone_font_end[];

namespace touchstone {
namespace {

constexpr double kCapitalsPerEm = 1493.0 / 2048;  // of DejaVu Sans
constexpr FT_ULong kReplacement = 0xfffd;

// FreeType's objects are not to be shared by threads; this one belongs to one.
class Font {
 public:
  Font() {
    const auto size = static_cast<FT_Long>(touchstone_font_end - touchstone_font_begin);
    if (FT_Init_FreeType(&library_) != 0 ||
        FT_New_Memory_Face(library_, touchstone_font_begin, size, 0, &face_) != 0) {
      throw std::logic_error("Font: FreeType refuses the font that the program holds");
    }
  }
  Font(const Font&) = delete;
  Font& operator=(const Font&) = delete;
  ~Font() { FT_Done_FreeType(library_); }  // the face with it

  // Calls `glyph` for each character, drawn, with the pen's place before it [1/64 px]; returns where it ends.
  FT_Pos Walk(const std::string& text, int height_px,
              const std::function<void(const FT_GlyphSlot&, FT_Pos)>& glyph) {
    const auto em_px = static_cast<FT_UInt>(std::lround(height_px / kCapitalsPerEm));
    if (FT_Set_Pixel_Sizes(face_, 0, std::max<FT_UInt>(1, em_px)) != 0) return 0;
    FT_Pos pen = 0;
    for (const std::string& character : Characters(text)) {
      if (FT_Load_Char(face_, CodePoint(character), FT_LOAD_RENDER | FT_LOAD_TARGET_LIGHT) != 0) continue;
      glyph(face_->glyph, pen);
      pen += face_->glyph->advance.x;
    }
    return pen;
  }

 private:
  static FT_ULong CodePoint(const std::string& character) {
    const auto byte = [&](std::size_t i) {
      return static_cast<FT_ULong>(static_cast<unsigned char>(character[i]));
    };
    if (character.size() == 1) return byte(0) < 0x80 ? byte(0) : kReplacement;
    FT_ULong code = byte(0) & (0x7fU >> character.size());
    for (std::size_t i = 1; i < character.size(); ++i) code = code << 6U | (byte(i) & 0x3fU);
    return code;
  }

  FT_Library library_ = nullptr;
  FT_Face face_ = nullptr;
};

Font& ThisThreadsFont() {
  thread_local Font font;
  return font;
}

std::size_t LengthSaid(unsigned char first) {
  return first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
}

// Puts the smooth edges of one letter onto the picture: black, as opaque as FreeType says.
void Blend(const FT_Bitmap& letter, int left, int top, Image* picture) {
  for (int row = 0; row < static_cast<int>(letter.rows); ++row) {
    for (int column = 0; column < static_cast<int>(letter.width); ++column) {
      const int x = left + column, y = top + row;
      if (x < 0 || y < 0 || x >= picture->size.width || y >= picture->size.height) continue;
      const int clear = 255 - letter.buffer[row * letter.pitch + column];
      std::uint8_t* pixel = &picture->rgb8[(static_cast<std::size_t>(y) * picture->size.width + x) * 3];
      for (int c = 0; c < 3; ++c) pixel[c] = static_cast<std::uint8_t>((pixel[c] * clear + 127) / 255);
    }
  }
}

}  // namespace

std::vector<std::string> Characters(const std::string& text) {
  std::vector<std::string> characters;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t said = LengthSaid(static_cast<unsigned char>(text[i]));
    const std::string character = text.substr(i, std::max<std::size_t>(1, said));
    const bool is_whole = said > 0 && character.size() == said &&
                          std::all_of(character.begin() + 1, character.end(), [](char c) {
                            return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U;
                          });
    characters.push_back(is_whole ? character : text.substr(i, 1));
    i += characters.back().size();
  }
  return characters;
}

int LettersWidth(const std::string& text, int height_px) {
  const auto nothing = [](const FT_GlyphSlot&, FT_Pos) {};
  return static_cast<int>((ThisThreadsFont().Walk(text, height_px, nothing) + 63) / 64);
}

void WriteLetters(const std::string& text, int x, int y, int height_px, Image* picture) {
  ThisThreadsFont().Walk(text, height_px, [&](const FT_GlyphSlot& glyph, FT_Pos pen) {
    Blend(glyph->bitmap, x + static_cast<int>((pen + 32) / 64) + glyph->bitmap_left,
          y + height_px - glyph->bitmap_top, picture);
  });
}

}  // namespace touchstone

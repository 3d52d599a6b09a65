import { type Static, Type } from 'typebox'

/** `/api/v2/branding/themes`. Source: SDK types of `auth0` 7; every member is needed but those that say so. */

const closed = { additionalProperties: false }
const Color = Type.String({
  pattern: '^#(?:[0-9a-fA-F]{3}){1,2}$',
  description: 'a colour such as #0059d6',
})
const Url = Type.String({ maxLength: 2048, pattern: '^($|https?://[^\\s<>"]+$)' })

const Text = (largest: number) =>
  Type.Object({ bold: Type.Boolean(), size: Type.Number({ minimum: 0, maximum: largest }) }, closed)

const members = {
  borders: Type.Object(
    {
      button_border_radius: Type.Number({ minimum: 0, maximum: 10 }),
      button_border_weight: Type.Number({ minimum: 0, maximum: 10 }),
      buttons_style: Type.Enum(['pill', 'rounded', 'sharp']),
      input_border_radius: Type.Number({ minimum: 0, maximum: 10 }),
      input_border_weight: Type.Number({ minimum: 0, maximum: 3 }),
      inputs_style: Type.Enum(['pill', 'rounded', 'sharp']),
      show_widget_shadow: Type.Boolean(),
      widget_border_weight: Type.Number({ minimum: 0, maximum: 10 }),
      widget_corner_radius: Type.Number({ minimum: 0, maximum: 50 }),
    },
    closed,
  ),
  colors: Type.Object(
    {
      base_focus_color: Type.Optional(Color),
      base_hover_color: Type.Optional(Color),
      body_text: Color,
      captcha_widget_theme: Type.Optional(Type.Enum(['auto', 'dark', 'light'])),
      error: Color,
      header: Color,
      icons: Color,
      input_background: Color,
      input_border: Color,
      input_filled_text: Color,
      input_labels_placeholders: Color,
      links_focused_components: Color,
      primary_button: Color,
      primary_button_label: Color,
      read_only_background: Type.Optional(Color),
      secondary_button_border: Color,
      secondary_button_label: Color,
      success: Color,
      widget_background: Color,
      widget_border: Color,
    },
    closed,
  ),
  displayName: Type.Optional(Type.String({ maxLength: 2048 })),
  fonts: Type.Object(
    {
      body_text: Text(150),
      buttons_text: Text(150),
      font_url: Url,
      input_labels: Text(150),
      links: Text(150),
      links_style: Type.Enum(['normal', 'underlined']),
      reference_text_size: Type.Number({ minimum: 12, maximum: 24 }),
      subtitle: Text(150),
      title: Text(150),
    },
    closed,
  ),
  identifiers: Type.Optional(
    Type.Object(
      {
        login_display: Type.Enum(['separate', 'unified']),
        otp_autocomplete: Type.Boolean(),
        phone_display: Type.Object(
          {
            formatting: Type.Enum(['international', 'regional']),
            masking: Type.Enum(['hide_country_code', 'mask_digits', 'show_all']),
          },
          closed,
        ),
      },
      closed,
    ),
  ),
  page_background: Type.Object(
    {
      background_color: Color,
      background_image_url: Url,
      page_layout: Type.Enum(['center', 'left', 'right']),
    },
    closed,
  ),
  widget: Type.Object(
    {
      header_text_alignment: Type.Enum(['center', 'left', 'right']),
      logo_height: Type.Number({ minimum: 1, maximum: 100 }),
      logo_position: Type.Enum(['center', 'left', 'none', 'right']),
      logo_url: Url,
      social_buttons_layout: Type.Enum(['bottom', 'top']),
    },
    closed,
  ),
}

/** Made and replaced as a whole. */
export const BrandingThemeBody = Type.Object(members, closed)
export type BrandingThemeBody = Static<typeof BrandingThemeBody>

export const BrandingTheme = Type.Object(
  { ...members, displayName: Type.String(), themeId: Type.String() },
  { title: 'BrandingTheme' },
)
export type BrandingTheme = Static<typeof BrandingTheme>

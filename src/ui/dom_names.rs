//! Ids and attributes of elements that several parts of the program look for.

/// The id of the element that the browser half hydrates.
pub const ROOT_ID: &str = "root";

/// The attribute of the root element that names the build of the page.
pub const BUILD_ATTRIBUTE: &str = "data-build";

/// The attribute of the root element with the version of the rules that everybody has to accept.
pub const RULES_ATTRIBUTE: &str = "data-rules";

/// The attribute of the root element with the public origin of the site.
pub const HOME_ATTRIBUTE: &str = "data-home";

/// The attribute of the root element that names the server's `SoftStart`.
pub const SOFT_ATTRIBUTE: &str = "data-soft";

/// The attribute of the root element with the address of the age check provider, if there is one.
pub const AGE_ATTRIBUTE: &str = "data-age";

/// The attribute of the root element that is set once the call handles presses itself.
pub const DRIVEN_ATTRIBUTE: &str = "data-driven";

/// The attribute of the root element that records a press before the program was loaded.
pub const PRESSED_ATTRIBUTE: &str = "data-pressed";

/// The value of [`PRESSED_ATTRIBUTE`] after a press on Start.
pub const PRESSED_START: &str = "start";

/// The id of the element that contains the texts of the catalogue, one a line.
pub const WORDS_ID: &str = "words";

/// The id of the settings sheet.
pub const SHEET_ID: &str = "sheet";

/// The id of the element that contains [`SafetyContent`](super::SafetyContent).
pub const SAFETY_ID: &str = "safety";

/// The id of the element in the sheet that contains [`SheetContent`](super::SheetContent).
pub const SHEET_CONTENT_ID: &str = "sheet-content";

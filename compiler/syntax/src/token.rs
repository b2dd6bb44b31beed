//! The tokens of Go: each kind and its spelling, once.

/// Defines [`TokenKind`] with the spelling of each kind, and the way back from a spelling.
macro_rules! tokens {
    (classes { $($class:ident $label:literal)* } fixed { $($kind:ident $text:literal)* }) => {
        /// What a token is.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub(crate) enum TokenKind { $($class,)* $($kind,)* }

        impl TokenKind {
            /// The token as it is written; for a class of tokens its name.
            pub fn text(self) -> &'static str {
                match self { $(TokenKind::$class => $label,)* $(TokenKind::$kind => $text,)* }
            }

            /// The keyword or operator that is written as `text`.
            pub fn from_text(text: &[u8]) -> Option<TokenKind> {
                $(const $kind: &[u8] = $text.as_bytes();)*
                match text { $($kind => Some(TokenKind::$kind),)* _ => None }
            }
        }
    };
}

#[allow(non_upper_case_globals)]
mod table {
    tokens! {
        classes {
            Eof "EOF" Illegal "ILLEGAL" Ident "IDENT" Int "INT" Float "FLOAT" Imaginary "IMAG" Rune "CHAR"
            String "STRING"
        }
        fixed {
            Add "+" Sub "-" Mul "*" Quo "/" Rem "%" And "&" Or "|" Xor "^" Shl "<<" Shr ">>" AndNot "&^"
            AddAssign "+=" SubAssign "-=" MulAssign "*=" QuoAssign "/=" RemAssign "%=" AndAssign "&="
            OrAssign "|=" XorAssign "^=" ShlAssign "<<=" ShrAssign ">>=" AndNotAssign "&^="
            LogicalAnd "&&" LogicalOr "||" Arrow "<-" Increment "++" Decrement "--" Equal "==" Less "<"
            Greater ">" Assign "=" Not "!" Tilde "~" NotEqual "!=" LessEqual "<=" GreaterEqual ">=" Define ":="
            Ellipsis "..." OpenParen "(" OpenBracket "[" OpenBrace "{" Comma "," Period "." CloseParen ")"
            CloseBracket "]" CloseBrace "}" Semicolon ";" Colon ":"
            Break "break" Case "case" Chan "chan" Const "const" Continue "continue" Default "default"
            Defer "defer" Else "else" Fallthrough "fallthrough" For "for" Func "func" Go "go" Goto "goto"
            If "if" Import "import" Interface "interface" Map "map" Package "package" Range "range"
            Return "return" Select "select" Struct "struct" Switch "switch" Type "type" Var "var"
        }
    }
}

pub(crate) use table::TokenKind;

/// A token of the text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Absolute byte where it starts.
    pub start: u32,
    /// Absolute byte after it; equal to `start` for a semicolon that a line end stands for.
    pub end: u32,
    /// It is the first thing on its line, without indentation.
    pub at_margin: bool,
}

impl Token {
    /// A semicolon that is not written but follows from the end of a line or of the file.
    pub fn is_line_end(self) -> bool {
        self.kind == TokenKind::Semicolon && self.start == self.end
    }
}

impl TokenKind {
    /// Whether a line end after this token stands for a semicolon.
    pub fn ends_statement(self) -> bool {
        use TokenKind as T;
        self.is_literal()
            || matches!(
                self,
                T::Break
                    | T::Continue
                    | T::Fallthrough
                    | T::Return
                    | T::Increment
                    | T::Decrement
                    | T::CloseParen
                    | T::CloseBracket
                    | T::CloseBrace
            )
    }

    /// Identifiers and basic literals.
    pub fn is_literal(self) -> bool {
        use TokenKind as T;
        matches!(self, T::Ident | T::Int | T::Float | T::Imaginary | T::Rune | T::String)
    }

    /// Keywords that begin a top-level declaration.
    pub fn starts_declaration(self) -> bool {
        use TokenKind as T;
        matches!(self, T::Const | T::Func | T::Import | T::Type | T::Var)
    }

    /// Keywords that begin a statement and nothing else.
    pub fn starts_statement(self) -> bool {
        use TokenKind as T;
        matches!(
            self,
            T::Break
                | T::Const
                | T::Continue
                | T::Defer
                | T::Fallthrough
                | T::For
                | T::Go
                | T::Goto
                | T::If
                | T::Return
                | T::Select
                | T::Switch
                | T::Type
                | T::Var
        )
    }
}

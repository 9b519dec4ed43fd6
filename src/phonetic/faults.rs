//! The known ways to get the rules wrong, each as a change of the encoder.
//!
//! They measure how strong the vectors are, and they explain what a wrong encoder does: one whose answers
//! are those of the rules with some faults has these faults.

/// A set of faults, by their positions in [`Fault::ALL`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Faults(u128);

impl Faults {
    /// No fault.
    pub const NONE: Self = Self(0);

    /// A set of one.
    #[must_use]
    pub const fn one(fault: Fault) -> Self {
        Self(1 << fault as u32)
    }

    /// This set and one more.
    #[must_use]
    pub const fn with(self, fault: Fault) -> Self {
        Self(self.0 | 1 << fault as u32)
    }

    /// This set without one.
    #[must_use]
    pub const fn without(self, fault: Fault) -> Self {
        Self(self.0 & !(1 << fault as u32))
    }

    /// True where the fault is in the set.
    #[must_use]
    pub const fn has(self, fault: Fault) -> bool {
        self.0 & (1 << fault as u32) != 0
    }

    /// The faults, in the order of the list.
    pub fn iter(self) -> impl Iterator<Item = Fault> {
        Fault::ALL.into_iter().filter(move |fault| self.has(*fault))
    }
}

/// Declares the faults: variant, id, the row or step that is broken, and what goes wrong.
macro_rules! faults {
    ($($variant:ident $id:literal $rule:literal $what:literal,)+) => {
        /// A way to get the rules wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Fault {
            $(#[doc = $what] $variant,)+
        }

        impl Fault {
            /// All faults, the compound one last.
            pub const ALL: [Self; [$($id),+].len()] = [$(Self::$variant),+];

            /// Its number, as the documents cite it.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$variant => $id,)+ }
            }

            /// The row of the table, or the step of the procedure, that it breaks.
            #[must_use]
            pub const fn rule(self) -> &'static str {
                match self { $(Self::$variant => $rule,)+ }
            }

            /// What goes wrong.
            #[must_use]
            pub const fn what(self) -> &'static str {
                match self { $(Self::$variant => $what,)+ }
            }

            /// The id of its sentence in the catalogue.
            #[must_use]
            pub const fn template(self) -> &'static str {
                match self { $(Self::$variant => concat!("phonetic.fault.", $id),)+ }
            }
        }
    };
}

faults! {
    CkSoft "M01" "c-hard" "C before K, not at the start, is coded 8",
    ZerosFirst "M02" "merge" "equal codes around a vowel are merged",
    NoMerge "M03" "merge" "equal neighbours are never merged",
    MergeByLetter "M04" "merge" "codes are merged by letter, so the 4 of X stays behind a 4",
    MergePairsOnce "M05" "merge" "of three and more equal digits two stay",
    MergeLetters "M06" "merge" "doubled letters are merged in place of equal digits",
    PhAsP "M07" "ph" "P before H is coded 1",
    FinalP "M08" "p" "P at the end is coded 3",
    FirstCEverywhere "M09" "c-hard" "the list for a first C is used inside words, so C before L or R is coded 4",
    FirstCMissing "M10" "c-first-hard" "the list for a first C is missing, so C before L or R at the start is coded 8",
    ScHard "M11" "c-after-sz" "C behind S or Z is coded 4 before a hard letter",
    OnlySc "M12" "c-after-sz" "C behind Z is coded 4 before a hard letter",
    OnlyZc "M13" "c-after-sz" "C behind S is coded 4 before a hard letter",
    CBehindCode "M14" "c-after-sz" "C behind any code 8 is coded 8, as in TCH",
    ScAtStart "M15" "c-after-sz" "C behind a first S is taken for the first letter",
    HSeparates "M16" "h" "H keeps equal codes apart",
    HAsZero "M17" "h" "H is coded 0",
    HRemovedFirst "M18" "h" "H is removed before its neighbours are looked at",
    HRemovedAfterPh "M19" "h" "PH becomes F, then H is removed before its neighbours are looked at",
    PreviousSkipsH "M20" "h" "H is skipped when the letter before is looked at",
    NextSkipsH "M21" "h" "H is skipped when the letter behind is looked at",
    ZeroByLetter "M22" "drop-zero" "a leading 0 is lost behind H",
    NoZero "M23" "drop-zero" "a leading 0 is dropped",
    AllZeros "M24" "drop-zero" "no 0 is dropped",
    DtPlain "M25" "dt-before-csz" "D and T before C, S, Z are coded 2",
    OnlyT "M26" "dt-before-csz" "D before C, S, Z is coded 2",
    OnlyD "M27" "dt-before-csz" "T before C, S, Z is coded 2",
    DtNotC "M28" "dt-before-csz" "D and T before C are coded 2",
    DtNotS "M29" "dt-before-csz" "D and T before S are coded 2",
    DtNotZ "M30" "dt-before-csz" "D and T before Z are coded 2",
    FinalDt "M31" "dt" "D and T at the end are coded 8",
    XBehindC "M32" "x-after-ckq" "X behind C is coded 48",
    XAs8 "M33" "x" "X is coded 8",
    XAs4 "M34" "x" "X is coded 4",
    XAs84 "M35" "x" "X is coded 84",
    FinalC "M36" "c-soft" "C at the end is coded 4",
    LoneC "M37" "c-first-soft" "C alone is coded 4",
    CAlways4 "M38" "c-soft" "C is always coded 4",
    CAlways8 "M39" "c-hard" "C is always coded 8",
    OneHardC "M40" "c-hard" "only the first hard C of a word is coded 4",
    FirstCNotA "M41" "c-first-hard" "a first C before A is coded 8",
    FirstCNotH "M42" "c-first-hard" "a first C before H is coded 8",
    FirstCNotK "M43" "c-first-hard" "a first C before K is coded 8",
    FirstCNotL "M44" "c-first-hard" "a first C before L is coded 8",
    FirstCNotO "M45" "c-first-hard" "a first C before O is coded 8",
    FirstCNotQ "M46" "c-first-hard" "a first C before Q is coded 8",
    FirstCNotR "M47" "c-first-hard" "a first C before R is coded 8",
    FirstCNotU "M48" "c-first-hard" "a first C before U is coded 8",
    FirstCNotX "M49" "c-first-hard" "a first C before X is coded 8",
    CNotA "M50" "c-hard" "C before A, not at the start, is coded 8",
    CNotH "M51" "c-hard" "C before H, not at the start, is coded 8",
    CNotO "M52" "c-hard" "C before O, not at the start, is coded 8",
    CNotQ "M53" "c-hard" "C before Q, not at the start, is coded 8",
    CNotU "M54" "c-hard" "C before U, not at the start, is coded 8",
    CNotX "M55" "c-hard" "C before X, not at the start, is coded 8",
    CBeforeE "M56" "c-soft" "C before E is coded 4",
    CBeforeI "M57" "c-soft" "C before I is coded 4",
    JIgnored "M58" "vowel" "J is ignored",
    JAs4 "M59" "vowel" "J is coded 4",
    YIgnored "M60" "vowel" "Y is ignored",
    UmlautsDropped "M61" "fold" "umlauts are dropped",
    LowerUmlautsLost "M62" "fold" "lower-case umlauts are lost: upper-casing works on ASCII alone",
    EszettDropped "M63" "fold" "ß is dropped",
    LowerCaseLost "M64" "fold" "lower-case letters are lost",
    WIgnored "M65" "fvw" "W is ignored",
    VAs1 "M66" "fvw" "V is coded 1",
    QIgnored "M67" "gkq" "Q is ignored",
    ZAs2 "M68" "sz" "Z is coded 2",
    MAndNDiffer "M69" "mn" "M and N have different codes",
    LAndRSwapped "M70" "l" "L and R are swapped",
    VowelsRemovedFirst "M71" "fold" "vowels are removed before neighbours are looked at",
    CutAt8 "M73" "length" "the code is cut at 8 digits",
    CutAt4 "M74" "length" "the code is cut at 4 digits",
    PaddedTo4 "M75" "length" "the code is padded with 0 to 4 digits",
    InputCutAt100 "M76" "length" "the name is cut at 100 letters",
    InputCutAt20 "M77" "length" "the name is cut at 20 letters",
    XBehind4 "X01" "merge" "the 4 of X is not merged with a 4 before it",
    LastEmitted "M79" "merge" "codes are compared with the last digit that was kept, and 0 is kept at the first letter alone",
}

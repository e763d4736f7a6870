//! Messages with what checks a PIN: whoever reads a log must not be able to try all PINs.

use std::fmt::{Debug, Formatter, Result};

use crate::store::v1::{Operator, OperatorPin, OperatorToAdd};

impl Debug for Operator {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "Operator({}, version {}, …)", self.number, self.version)
    }
}

impl Debug for OperatorToAdd {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "OperatorToAdd({}, …)", self.number)
    }
}

impl Debug for OperatorPin {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "OperatorPin({}, …)", self.number)
    }
}

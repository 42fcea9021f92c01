/** Who may connect: the users file and its salted hashes. */
@NullMarked
package org.fulmar.broker.security;

import org.jspecify.annotations.NullMarked;

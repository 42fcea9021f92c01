/** The seam by which a client starts a broker in its own process without depending on it. */
@NullMarked
package org.fulmar.protocol.embedded;

import org.jspecify.annotations.NullMarked;

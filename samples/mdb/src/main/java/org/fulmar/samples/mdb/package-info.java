/** Runs the order service of {@link org.fulmar.samples.mdb.beans} in a WildFly, and checks what it has done. */
@NullMarked
package org.fulmar.samples.mdb;

import org.jspecify.annotations.NullMarked;

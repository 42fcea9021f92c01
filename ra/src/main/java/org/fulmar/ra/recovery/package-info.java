/** What transaction managers recover with when no endpoint and no pool is there. */
@NullMarked
package org.fulmar.ra.recovery;

import org.jspecify.annotations.NullMarked;

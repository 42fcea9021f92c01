/** How long messages are kept: old files of the log go, what still counts of them is put elsewhere first (D8). */
@NullMarked
package org.fulmar.broker.retention;

import org.jspecify.annotations.NullMarked;

/** A program that runs the broker and the client in one process. */
@NullMarked
package org.fulmar.samples.embedded;

import org.jspecify.annotations.NullMarked;

/** The smallest program that sends and receives a message. */
@NullMarked
package org.fulmar.samples.quickstart;

import org.jspecify.annotations.NullMarked;

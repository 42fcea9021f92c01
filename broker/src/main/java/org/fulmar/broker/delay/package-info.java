/** When delayed messages are due: the timing wheel and its files. Knows nothing of delivery or the network. */
@NullMarked
package org.fulmar.broker.delay;

import org.jspecify.annotations.NullMarked;

/** The quickstart: orders through a real broker process that is killed half way. */
package org.fulmar.samples.quickstart;

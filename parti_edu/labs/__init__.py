"""Behind lessons 09 to 14: many workers, real images, real cases. The core never imports it."""
